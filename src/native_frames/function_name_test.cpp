// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "native_frames/function_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ttmem::native_frames {
namespace {

std::string shortened(std::string demangled) {
    shorten_name(demangled.data());
    return demangled.c_str();
}

std::string readable(const std::string& symbol, size_t room = 256) {
    std::string to(room, '#');
    readable_name(symbol.c_str(), to.data(), room);
    return to.c_str();
}

TEST(ShortenName, TakesResultArgumentsAndTemplateArgumentsOut) {
    EXPECT_EQ(shortened("ttnn::Tensor::to_device(tt::tt_metal::distributed::MeshDevice*, int) const"),
              "ttnn::Tensor::to_device");
    EXPECT_EQ(shortened("ttnn::Tensor ttnn::Tensor::from_span<bfloat16>(std::span<bfloat16 const, 4ul>)"),
              "ttnn::Tensor::from_span");
    EXPECT_EQ(shortened("decltype (f(1)) ttnn::decorators::invoke<A, (B<C>)3>(A&&) const &"),
              "ttnn::decorators::invoke");
    EXPECT_EQ(shortened("std::vector<int, std::allocator<int> > ttnn::shapes<std::pair<int, int> >(int (*)(char))"),
              "ttnn::shapes");
    EXPECT_EQ(shortened("plain"), "plain");
    EXPECT_EQ(shortened("main(int, char**) [clone .cold]"), "main");
}

TEST(ShortenName, KeepsOperatorsLambdasAndUnnamedNamespaces) {
    EXPECT_EQ(shortened("ttnn::(anonymous namespace)::run(int)::{lambda(int, A<b>)#1}::operator()(int) const"),
              "ttnn::(anonymous namespace)::run::{lambda#1}::operator()");
    EXPECT_EQ(shortened("A& A::operator<< <int>(int)"), "A::operator<<");
    EXPECT_EQ(shortened("bool A<int>::operator<(A<int> const&) const"), "A::operator<");
    EXPECT_EQ(shortened("A::operator->() const"), "A::operator->");
    EXPECT_EQ(shortened("A::operator bool() const"), "A::operator bool");
    EXPECT_EQ(shortened("operator new(unsigned long)"), "operator new");
    EXPECT_EQ(shortened("A::run() const::{lambda()#2}::operator()() const"), "A::run::{lambda#2}::operator()");
    EXPECT_EQ(shortened("my_operators::run(int)"), "my_operators::run");
}

TEST(ShortenName, SurvivesTextsThatAreNoName) {
    for (const std::string text :
         {"", "(", "<", ">", ")", " ", "a(b", "a<b(", "operator", "operator(", "a ", "((((", "->"}) {
        EXPECT_LE(shortened(text).size(), text.size());
    }
}

TEST(ReadableName, DemanglesWhatIsMangled) {
    EXPECT_EQ(readable("_ZN4ttnn3addERKNS_6TensorES2_"), "ttnn::add");
    EXPECT_EQ(readable("Py_RunMain"), "Py_RunMain");
    EXPECT_EQ(readable("_Z"), "_Z");
}

// Names with constraints of C++20 as clang mangles them are unknown to the demangler of older releases of libstdc++.
TEST(ReadableName, ReadsTheScopesOfWhatTheDemanglerDoesNotKnow) {
    EXPECT_EQ(readable("_ZN4ttnn16device_operation6detail6launchITkNS0_22DeviceOperationConceptENS_10operations9binary_"
                       "ng23BinaryNgDeviceOperationEEENT_21tensor_return_value_tERKNS6_22operation_attributes_tERKNS6_"
                       "13tensor_args_tE"),
              "ttnn::device_operation::detail::launch");
    EXPECT_EQ(readable("_ZN4ttnnI"), "_ZN4ttnnI");
    EXPECT_EQ(readable("_ZN99ttnn"), "_ZN99ttnn");
    EXPECT_EQ(readable("_ZN99999999999999999999ttnn"), "_ZN99999999999999999999ttnn");
}

TEST(ReadableName, IsCutBetweenTwoCharacters) {
    EXPECT_EQ(readable("abc\xc3\xb6", 5), "abc");
    EXPECT_EQ(readable("abc\xc3\xb6", 6), "abc\xc3\xb6");
    EXPECT_EQ(readable("_ZN4ttnn3addERKNS_6TensorES2_", 5), "ttnn");
    EXPECT_EQ(readable(std::string(5000, 'x')), std::string(255, 'x'));
}

}  // namespace
}  // namespace ttmem::native_frames
