# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Runs while installing, when the prefix is known. Wants unit_source, config_source, bindir and sysconfdir.
set(TTMEM_BIN ${CMAKE_INSTALL_PREFIX}/${bindir})
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(TTMEM_ETC /etc/ttmem)
else()
    set(TTMEM_ETC ${CMAKE_INSTALL_PREFIX}/${sysconfdir}/ttmem)
endif()
configure_file(${unit_source} $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/lib/systemd/system/ttmem.service @ONLY)
list(APPEND CMAKE_INSTALL_MANIFEST_FILES ${CMAKE_INSTALL_PREFIX}/lib/systemd/system/ttmem.service)
if(NOT EXISTS $ENV{DESTDIR}${TTMEM_ETC}/server.toml)
    file(INSTALL ${config_source} DESTINATION ${TTMEM_ETC})
endif()
message(STATUS "Installed: ${TTMEM_ETC}/server.toml and the units in ${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
