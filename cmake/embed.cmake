# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Writes files as arrays of bytes into a C++ file: cmake -DOUT=x.cpp -DNAMESPACE=a::b "-DFILES=kName=path;kOther=path" -P embed.cmake
# Each gives `const unsigned char kName[]` and `const size_t kNameSize`.
set(text "// Made by cmake/embed.cmake.\n#include <cstddef>\n\nnamespace ${NAMESPACE} {\n")
foreach(pair IN LISTS FILES)
    string(REGEX MATCH "^([^=]+)=(.*)$" _ "${pair}")
    set(name ${CMAKE_MATCH_1})
    file(READ "${CMAKE_MATCH_2}" bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
    string(APPEND text "extern const unsigned char ${name}[];\nextern const size_t ${name}Size;\n"
        "const unsigned char ${name}[] = {\n${bytes}\n};\nconst size_t ${name}Size = sizeof ${name};\n")
endforeach()
file(WRITE "${OUT}" "${text}}  // namespace ${NAMESPACE}\n")
