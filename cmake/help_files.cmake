# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Writes completions and manual pages: cmake -DPROGRAM=ttmem -DOUT=folder -P help_files.cmake
# Gives folder/{bash,zsh,fish}, one file for each name that the shell looks up, and folder/man1.
function(write_from path)
    execute_process(COMMAND "${PROGRAM}" ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
    file(WRITE "${path}" "${text}")
endfunction()

file(REMOVE_RECURSE "${OUT}")
write_from("${OUT}/bash/ttmem" completion bash)
write_from("${OUT}/zsh/_ttmem" completion zsh)
write_from("${OUT}/fish/ttmem.fish" completion fish)
# bash and fish load a file by the name of the program; zsh reads the names in its first line.
foreach(name tt_smi_umd allocation_server_poc)
    file(CREATE_LINK ttmem "${OUT}/bash/${name}" SYMBOLIC)
    file(CREATE_LINK ttmem.fish "${OUT}/fish/${name}.fish" SYMBOLIC)
endforeach()

write_from("${OUT}/man1/ttmem.1" manual)
file(READ "${OUT}/man1/ttmem.1" overview)
string(REGEX MATCHALL "\n\\.BR ttmem\\\\-[a-z0-9\\\\-]+ " entries "${overview}")
foreach(entry IN LISTS entries)
    string(REGEX REPLACE "^\n\\.BR ttmem\\\\-| $" "" name "${entry}")
    string(REPLACE "\\-" "-" name "${name}")
    write_from("${OUT}/man1/ttmem-${name}.1" manual "${name}")
endforeach()
file(WRITE "${OUT}/man1/tt_smi_umd.1" ".so man1/ttmem-top.1\n")
file(WRITE "${OUT}/man1/allocation_server_poc.1" ".so man1/ttmem-server.1\n")
file(WRITE "${OUT}/made" "")
