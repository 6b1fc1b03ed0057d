# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# The shipped targets, how they are linked and where they are installed. A target that is not built is left out.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Programs carry their libstdc++, so that one built with a newer compiler runs where ttnn's wheels run (glibc 2.34,
# GLIBCXX 3.4.29). libgcc stays shared: its static form needs _dl_find_object of glibc 2.35.
if(TARGET ttmem)
    foreach(program ttmem ttmem-server)
        if(TTMEM_SANITIZE)
            break()
        endif()
        # Not exported: a library that brings the shared libstdc++ must not mix it with parts of this one.
        target_link_options(${program} PRIVATE -static-libstdc++ LINKER:--exclude-libs,libstdc++.a)
        target_sources(${program} PRIVATE ${PROJECT_SOURCE_DIR}/apps/old_glibc.cpp)
    endforeach()
    install(TARGETS ttmem RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(TARGETS ttmem-server RUNTIME DESTINATION libexec/ttmem)
    install(PROGRAMS ${PROJECT_SOURCE_DIR}/src/telemetry/umd/ttmem-umd-telemetry DESTINATION libexec/ttmem)

    # The proof of concept's commands are the same program under other names; they stand also where its users look for them.
    set(old_names tt_smi_umd)
    if(EXISTS ${PROJECT_SOURCE_DIR}/apps/server.cpp)
        list(APPEND old_names allocation_server_poc)
    endif()
    set(make_links COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/programming_examples)
    foreach(name IN LISTS old_names)
        list(APPEND make_links
            COMMAND ${CMAKE_COMMAND} -E create_symlink ttmem ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${name}
            COMMAND ${CMAKE_COMMAND} -E create_symlink ../bin/ttmem ${PROJECT_BINARY_DIR}/programming_examples/${name})
        # Named in install_manifest.txt as well, by which a copy is uninstalled (docs/packages.md).
        install(CODE "set(link \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/${name}\")
            file(CREATE_LINK ttmem \"\$ENV{DESTDIR}\${link}\" SYMBOLIC)
            list(APPEND CMAKE_INSTALL_MANIFEST_FILES \"\${link}\")")
    endforeach()
    add_custom_target(old_names ALL ${make_links} VERBATIM)
    add_dependencies(old_names ttmem)
endif()

foreach(library tt_alloc_client tt_alloc_hooks)
    if(TARGET ${library})
        install(TARGETS ${library} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    endif()
endforeach()

# The client for other programs: headers, find_package(ttmem) and pkg-config. Both files find their prefix from where they
# stand, so that an installed tree can be moved.
if(TARGET tt_alloc_client)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/tt_alloc DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ttmem)
    get_target_property(client_file tt_alloc_client OUTPUT_NAME)
    if(NOT client_file)
        set(client_file tt_alloc_client)
    endif()
    configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ttmemConfig.cmake.in ${PROJECT_BINARY_DIR}/cmake/ttmemConfig.cmake
        INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
    write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/ttmemConfigVersion.cmake COMPATIBILITY SameMinorVersion)
    install(FILES ${PROJECT_BINARY_DIR}/cmake/ttmemConfig.cmake ${PROJECT_BINARY_DIR}/cmake/ttmemConfigVersion.cmake
        DESTINATION ${package_dir})
    file(RELATIVE_PATH prefix_from_pkgconfig /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/tt_alloc_client.pc.in ${PROJECT_BINARY_DIR}/cmake/tt_alloc_client.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/cmake/tt_alloc_client.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Completions and manual pages, which the program makes from its own options. Not when cross-compiling: it cannot run then.
if(TARGET ttmem AND NOT CMAKE_CROSSCOMPILING)
    set(help_dir ${PROJECT_BINARY_DIR}/help)
    add_custom_command(OUTPUT ${help_dir}/made
        COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:ttmem> -DOUT=${help_dir} -P ${PROJECT_SOURCE_DIR}/cmake/help_files.cmake
        DEPENDS ttmem cmake/help_files.cmake COMMENT "Making completions and manual pages" VERBATIM)
    add_custom_target(help_files ALL DEPENDS ${help_dir}/made)
    install(DIRECTORY ${help_dir}/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(DIRECTORY ${help_dir}/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
    install(DIRECTORY ${help_dir}/fish/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
    install(DIRECTORY ${help_dir}/man1/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()

# The server as a service: units, a configuration with every key, Prometheus rules and a Grafana board. A configuration that is
# there already is kept.
if(TARGET ttmem)
    install(FILES packaging/systemd/ttmem.socket packaging/systemd/ttmem-http.socket packaging/systemd/ttmem-api.socket
        DESTINATION lib/systemd/system)
    install(CODE "set(unit_source \"${PROJECT_SOURCE_DIR}/packaging/systemd/ttmem.service.in\")
        set(config_source \"${PROJECT_SOURCE_DIR}/packaging/server.toml\")
        set(bindir \"${CMAKE_INSTALL_BINDIR}\")
        set(sysconfdir \"${CMAKE_INSTALL_SYSCONFDIR}\")")
    install(SCRIPT cmake/install_service.cmake)
    install(FILES packaging/prometheus/ttmem.rules.yml packaging/prometheus/other-names.rules.yml packaging/prometheus/scrape.example.yml
        DESTINATION ${CMAKE_INSTALL_DATADIR}/ttmem/prometheus)
    install(PROGRAMS packaging/ttmem-leftovers DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(FILES packaging/ttmem-leftovers.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(PROGRAMS packaging/slurm/ttmem-prolog packaging/slurm/ttmem-epilog DESTINATION ${CMAKE_INSTALL_DATADIR}/ttmem/slurm)
    install(FILES packaging/grafana/ttmem.json packaging/grafana/ttmem-fleet.json DESTINATION ${CMAKE_INSTALL_DATADIR}/ttmem/grafana)
    install(DIRECTORY share/boards DESTINATION ${CMAKE_INSTALL_DATADIR}/ttmem)  # the program carries them; these are to read and to start from
endif()
