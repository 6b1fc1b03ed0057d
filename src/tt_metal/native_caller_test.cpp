// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/native_caller.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>

#include "tt_metal/release/library.hpp"

namespace ttmem::tt_metal {
namespace {

std::string short_name(std::string demangled) {
    return short_function_name(demangled.data());
}

TEST(ShortFunctionName, IsTheLastTwoPartsWithoutArguments) {
    EXPECT_EQ(short_name("ttnn::Tensor::to_device(tt::tt_metal::distributed::MeshDevice*, int) const"),
              "Tensor::to_device");
    EXPECT_EQ(
        short_name("ttnn::Tensor ttnn::Tensor::from_span<bfloat16>(std::span<bfloat16 const, 18446744073709551615ul>)"),
        "Tensor::from_span");
    EXPECT_EQ(short_name("ttnn::operations::conv::conv2d::prepare_conv_weights(ttnn::Tensor const&)"),
              "conv2d::prepare_conv_weights");
    EXPECT_EQ(short_name("ttnn::reshape(ttnn::Tensor const&, std::span<int const, 4ul>)"), "ttnn::reshape");
    EXPECT_EQ(short_name("plain"), "plain");
}

TEST(ShortFunctionName, IsEmptyForWhatHasNoNameOfItsOwn) {
    EXPECT_EQ(short_name("ttnn::Thing::operator()(int) const"), "");
    EXPECT_EQ(short_name("ttnn::run(int)::{lambda(int)#1}::f(int)"), "");
    EXPECT_EQ(short_name("std::function<void ()>::swap(int)"), "");
}

TEST(ExportedFunctions, NamesTheFunctionThatAnAddressIsIn) {
    const ExportedFunctions functions = Library::loaded("libstdc++.so").exported_functions();
    const auto address = reinterpret_cast<uintptr_t>(dlsym(RTLD_DEFAULT, "__cxa_demangle"));
    ASSERT_TRUE(functions.covers(address));
    EXPECT_STREQ(functions.name_at(address), "__cxa_demangle");
    EXPECT_STREQ(functions.name_at(address + 1), "__cxa_demangle");
    const char here = 0;
    EXPECT_FALSE(functions.covers(reinterpret_cast<uintptr_t>(&here)));
    EXPECT_EQ(functions.name_at(reinterpret_cast<uintptr_t>(&here)), nullptr);
    EXPECT_FALSE(Library::loaded("no such library").exported_functions().covers(address));
}

}  // namespace
}  // namespace ttmem::tt_metal
