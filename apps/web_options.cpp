// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "web_options.hpp"

#include "shared_options.hpp"

namespace ttmem {

void add_web_options(CLI::App& app, WebWords& words) {
    CLI::Option* file = app.add_option("file", words.file,
                                       "A recording (ttmem record) whose moments the page shows (default: the page of "
                                       "the running server)");
    file->type_name("FILE");
    app.add_option("beside", words.beside, "A second recording, whose moments are compared with those of the first")
        ->type_name("FILE2")
        ->needs(file);
    app.add_flag("--no-browser", words.page.no_browser, "Print the address alone, and open nothing");
    app.add_option("--port", words.port, "With FILE: the port on 127.0.0.1 (default: one that is free)")
        ->type_name("N")
        ->needs(file);
    add_server_option(app);
    app.footer(
        "Every user of this machine may open http://127.0.0.1:9465/ for devices, processes and the timeline. What is "
        "yours\n"
        "(maps, buffers, names, whole command lines) shows in the page that this command opens: its address holds a "
        "token\n"
        "that works once, within a minute. The first to open it sees what you see, so do not pass it on.\n"
        "With FILE it serves the page of that recording, until Ctrl-C: all views at any of its moments, for you "
        "alone,\n"
        "and any two moments beside each other, with FILE2 of two runs. FILE may also be what ttmem why --save wrote.\n"
        "Exit codes: 0 done, 1 no server answers or the file cannot be read, 2 the command line makes no sense.");
}

}  // namespace ttmem
