// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/operation_name.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/operation_names.hpp"

namespace ttmem::tt_metal {
namespace {

std::string place(const char* file, const char* below) {
    char text[256];
    const uint32_t bytes = place_text(file, 7, below, text, sizeof text);
    EXPECT_EQ(bytes, std::string(text).size());
    return text;
}

// As os.path.relpath() and os.path.abspath() of Python.
TEST(PlaceText, IsThePathBelowTheFolderElseTheFileAndItsFolder) {
    EXPECT_EQ(place("/srv/me/models/attention.py", "/srv/me"), "models/attention.py:7");
    EXPECT_EQ(place("/srv/me/./models//a/../attention.py", "/srv/me"), "models/attention.py:7");
    EXPECT_EQ(place("models/attention.py", "/srv/me"), "models/attention.py:7");
    EXPECT_EQ(place("<string>", "/srv/me"), "<string>:7");
    EXPECT_EQ(place("/srv/meadow/models/attention.py", "/srv/me"), "models/attention.py:7");
    EXPECT_EQ(place("/opt/models/attention.py", "/srv/me"), "models/attention.py:7");
    EXPECT_EQ(place("../attention.py", "/srv/me"), "srv/attention.py:7");
    EXPECT_EQ(place("/attention.py", "/srv/me"), "/attention.py:7");
    EXPECT_EQ(place("/a/attention.py", "/"), "a/attention.py:7");
    EXPECT_EQ(place("/opt/models/attention.py", ""), "models/attention.py:7");
    EXPECT_EQ(place("../../../../x.py", "/srv/me"), "/x.py:7");
}

TEST(PlaceText, IsCutToItsRoom) {
    char text[8];
    EXPECT_EQ(place_text("/a/long_name.py", 7, "/a", text, sizeof text), 7u);
    EXPECT_STREQ(text, "long_na");
    const std::string long_path = "/" + std::string(5000, 'x') + "/a.py";
    EXPECT_EQ(place(long_path.c_str(), "/srv"), "/a.py:7");
}

TEST(IsInFolder, IsAboutWholeNames) {
    EXPECT_TRUE(is_in_folder("/lib/ttnn/operations/binary.py", "/lib/ttnn", "/srv"));
    EXPECT_TRUE(is_in_folder("ttnn/decorators.py", "/lib/ttnn", "/lib"));
    EXPECT_FALSE(is_in_folder("/lib/ttnn_models/a.py", "/lib/ttnn", "/srv"));
    EXPECT_FALSE(is_in_folder("/srv/tests/ttnn/test_a.py", "/lib/ttnn", "/srv"));
}

TEST(OperationNames, AreWhatTheVariableSays) {
    for (const char* off : {"", "0", "off", "false", "no"}) {
        EXPECT_EQ(operation_names(off), 0u) << off;
    }
    for (const char* on : {"1", "on", "true", "yes"}) {
        EXPECT_EQ(operation_names(on), 1u) << on;
    }
    EXPECT_EQ(operation_names("lines"), 2u);
    EXPECT_EQ(operation_names("lines:1"), 2u);
    EXPECT_EQ(operation_names("lines:9"), 10u);
    for (const char* nothing : {"some", "lines:", "lines:0", "lines:10", "lines:x", "LINES", "2", "lines:-"}) {
        EXPECT_EQ(operation_names(nothing), std::nullopt) << nothing;
    }
}

}  // namespace
}  // namespace ttmem::tt_metal
