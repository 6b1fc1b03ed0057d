# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Settings that every target of the project shares: the language, warnings, sanitizers, output folders and two helper functions.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

set(TTMEM_WARNINGS -Wall -Wextra -Wshadow -Wimplicit-fallthrough -Wcast-align $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
add_compile_options(${TTMEM_WARNINGS})
if(TTMEM_WARNINGS_AS_ERRORS)
    add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 warns of overlap within std::string's own operator+ when it optimises (its bug 105329).
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
if(TTMEM_SANITIZE)
    add_compile_options(-fsanitize=${TTMEM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${TTMEM_SANITIZE})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # The code that a sanitizer adds makes GCC 12 see uninitialised values within std::optional and its own <regex>.
        add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
    endif()
    if(TTMEM_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # g++ says that ThreadSanitizer does not see fences. Ours order what other processes read; within the process nothing
        # rests on them.
        add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-tsan>)
    endif()
endif()

option(TTMEM_QUICK "Compile readers, tools and tests without optimisation (for development: a build takes less than half)" OFF)
# ttmem_quick(TARGET): takes optimisation and debug information away where TTMEM_QUICK asks for it. What runs inside an
# application keeps both, so that its cost can be measured in such a build too.
function(ttmem_quick target)
    if(TTMEM_QUICK AND NOT target MATCHES "^ttmem_(base|ledger|client|tt_metal|native_frames|python_frames)")
        target_compile_options(${target} PRIVATE -O0 -g0)
    endif()
endfunction()

find_package(Threads REQUIRED)
if(TTMEM_BUILD_TESTS)
    enable_testing()
    find_package(GTest REQUIRED)
    include(GoogleTest)
endif()

# Two thirds of the time of a file of a reader or a test go into the same few headers of the standard library, of nlohmann-json
# and GoogleTest. They are parsed once, for parts and for tests, which differ in -fPIC; libraries of an application go without.
# A launcher (ccache) has its own way to save time, and does not know precompiled headers without further settings; fuzz targets
# have flags of their own.
if(CMAKE_CXX_COMPILER_LAUNCHER OR TTMEM_BUILD_FUZZERS)
    set(ttmem_precompile OFF)
else()
    set(ttmem_precompile ON)
endif()
option(TTMEM_PRECOMPILE "Parse the headers that most files include once (a build from nothing takes about half)" ${ttmem_precompile})
set(TTMEM_COMMON_HEADERS <algorithm> <array> <charconv> <chrono> <cstdint> <cstring> <filesystem> <fstream> <functional> <map> <memory> <mutex>
    <optional> <set> <string> <string_view> <thread> <tuple> <unordered_map> <utility> <variant> <vector>)

# ttmem_common_headers(TARGET part|test|program): lets the files of the target begin with those headers.
function(ttmem_common_headers target kind)
    if(NOT TTMEM_PRECOMPILE OR target MATCHES "^ttmem_(base|ledger|client|tt_metal|native_frames|python_frames)")
        return()
    endif()
    set(holder ttmem_${kind}_headers) # has no code of its own
    if(NOT TARGET ${holder})
        set(source ${PROJECT_BINARY_DIR}/${holder}.cpp)
        file(CONFIGURE OUTPUT ${source} CONTENT "" @ONLY)
        add_library(${holder} OBJECT ${source})
        find_package(nlohmann_json REQUIRED)
        if(kind STREQUAL "part")
            target_link_libraries(${holder} PRIVATE nlohmann_json::nlohmann_json)
            set(more <nlohmann/json.hpp>)
        elseif(kind STREQUAL "test")
            target_link_libraries(${holder} PRIVATE GTest::gtest Threads::Threads)
            set(more <gtest/gtest.h>)
        else()
            find_package(CLI11 REQUIRED)
            target_link_libraries(${holder} PRIVATE CLI11::CLI11 nlohmann_json::nlohmann_json)
            set(more <CLI/CLI.hpp> <nlohmann/json.hpp>)
        endif()
        if(NOT kind STREQUAL "part") # precompiled with the flags of what uses them, and those are executables
            set_target_properties(${holder} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
            target_compile_options(${holder} PRIVATE -fPIE)
        endif()
        if(NOT kind STREQUAL "program")
            ttmem_quick(${holder})
        endif()
        target_precompile_headers(${holder} PRIVATE ${TTMEM_COMMON_HEADERS} ${more})
    endif()
    target_precompile_headers(${target} REUSE_FROM ${holder})
endfunction()

# ttmem_part(NAME SOURCES... ): a static library `ttmem_NAME` whose includes are written from src/ ("ledger/format.hpp").
function(ttmem_part name)
    add_library(ttmem_${name} STATIC ${ARGN})
    target_include_directories(ttmem_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
    ttmem_quick(ttmem_${name})
    ttmem_common_headers(ttmem_${name} part)
endfunction()

# The tests of readers, which have a single thread. A ThreadSanitizer build goes without them. ./test.sh builds and runs them with
# AddressSanitizer alone: TTMEM_QUICK compiles them without optimisation too, so that another run of them finds nothing more.
if(TTMEM_SANITIZE MATCHES "thread")
    set(ttmem_one_thread_tests OFF)
else()
    set(ttmem_one_thread_tests ON)
endif()
option(TTMEM_ONE_THREAD_TESTS "Build the tests whose code has a single thread" ${ttmem_one_thread_tests})

# ttmem_unit_test(NAME [ONE_THREAD] SOURCES... LINK LIBRARIES...): a GoogleTest program that stands beside the code it tests.
# ONE_THREAD: what it tests has a single thread.
function(ttmem_unit_test name)
    cmake_parse_arguments(arg "ONE_THREAD" "" "SOURCES;LINK" ${ARGN})
    if(NOT TTMEM_BUILD_TESTS OR (arg_ONE_THREAD AND NOT TTMEM_ONE_THREAD_TESTS))
        return()
    endif()
    add_executable(${name} ${arg_SOURCES})
    ttmem_quick(${name})
    target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gtest GTest::gmock GTest::gtest_main Threads::Threads)
    ttmem_common_headers(${name} test)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND ${name})
    # The cases' own results, for test.sh: to ctest a program is one test, however many cases it ran or skipped.
    set_tests_properties(${name} PROPERTIES TIMEOUT 300
        ENVIRONMENT_MODIFICATION "GTEST_OUTPUT=set:xml:${PROJECT_BINARY_DIR}/test-results-gtest/${name}.xml")
endfunction()
