// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "shared_options.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

#include "model/device_names.hpp"
#include "output_width.hpp"

namespace ttmem {
namespace {

// "5", "0.5" as milliseconds; empty when it is a time that makes sense.
std::string loop_complaint(const std::string& text) {
    char* end = nullptr;
    const double seconds = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || text.find_first_not_of("0123456789.") != std::string::npos ||
        !(seconds * 1000 >= static_cast<double>(kLeastIntervalMs)) ||
        seconds * 1000 > static_cast<double>(kMostIntervalMs)) {
        return "the time between looks is a number of seconds from 0.1 to 86400, not '" + text + "'";
    }
    return "";
}

}  // namespace

void add_place_options(CLI::App& app) {
    const auto add = [&app](const char* option, const char* variable, const char* about) {
        app.add_option_function<std::string>(
               option, [variable](const std::string& value) { setenv(variable, value.c_str(), 1); }, about)
            ->type_name("DIR")
            ->check(CLI::Validator(CLI::ExistingDirectory).description(""));
    };
    app.add_flag_function(
        "--umd", [](std::int64_t) { setenv("TT_ALLOC_UMD", "1", 1); },
        "Add readings of the user-mode driver (GDDR, board power, remote chips); a helper opens the devices");
    add("--sysfs-root", "TT_ALLOC_SYSFS_ROOT", "Instead of /sys (also TT_ALLOC_SYSFS_ROOT)");
    add("--procfs-root", "TT_ALLOC_PROCFS_ROOT", "Of the driver's files, instead of /proc (also TT_ALLOC_PROCFS_ROOT)");
}

void add_device_option(CLI::App& app, std::string& device, const std::string& about) {
    app.add_option("--device", device,
                   about +
                       ": tt-metal's number, index:N (its place in\nttmem snapshot --json), pci:ADDRESS or the "
                       "beginning of its unique id (0x...). Where\nseveral devices have the number, it is refused "
                       "and they are listed")
        ->type_name("DEVICE")
        ->check(CLI::Validator(api::device_word_complaint, ""));
}

void add_server_option(CLI::App& app) {
    app.add_option_function<std::string>(
           "--server", [](const std::string& value) { setenv("TTMEM_SERVER", value.c_str(), 1); },
           "The unix socket of the server to ask, or none (also TTMEM_SERVER; default: a server of this machine\n"
           "or user that sees what this program sees, if one answers)")
        ->type_name("PATH");
}

void add_once_options(CLI::App& app, OnceOptions& once) {
    CLI::Option* watch = app.get_option("--watch");
    CLI::Option* refresh = app.get_option("--refresh");
    CLI::Option* json = app.add_flag("--json", once.json, "Print one JSON object, the one of ttmem snapshot --json");
    CLI::Option* csv = app.add_flag("--csv", once.csv, "Print CSV: a heading, then a line a device or process");
    app.add_option("--query", once.query, "What --csv prints, names separated by commas (default: a selection)")
        ->type_name("NAMES")
        ->needs(csv);
    app.add_flag("--no-header", once.no_header, "CSV without its heading")->needs(csv);
    app.add_flag("--list-queries", once.list_queries, "Name everything that --query knows");
    CLI::Option* loop = app.add_option_function<std::string>(
                               "--loop",
                               [&once](const std::string& text) {
                                   once.loop_ms =
                                       static_cast<uint64_t>(std::strtod(text.c_str(), nullptr) * 1000 + 0.5);
                               },
                               "Print again every S seconds (default 1) until it is ended; JSON then is a line each")
                            ->type_name("S")
                            ->expected(0, 1)
                            ->default_str("1")
                            ->check(CLI::Validator(loop_complaint, ""));
    add_width_option(app, once.width);
    for (CLI::Option* option : {json, csv, loop}) {
        option->excludes(watch)->excludes(refresh);
    }
    json->excludes(csv);
}

void add_doctor_options(CLI::App& app, DoctorOptions& options) {
    app.add_option(
           "places", options.places,
           "Where to look for ttnn: a virtual environment, a site-packages folder, a tt-metal build or a\n"
           "libtt_metal.so (default: VIRTUAL_ENV, CONDA_PREFIX, TT_METAL_HOME, TT_METAL_RUNTIME_ROOT and where\n"
           "the pythons on PATH look)")
        ->type_name("PATH");
    app.add_flag("--json", options.json, "Print one JSON object");
    app.add_option("--socket", options.socket, "The server's old socket (default /tmp/tt_allocation_server.sock)")
        ->type_name("PATH");
    app.add_option("--http", options.http, "Where the server serves HTTP, or off (default 127.0.0.1:9465)")
        ->type_name("ADDRESS:PORT");
    add_place_options(app);
    app.footer(
        "Looks at the driver, the cards and who may open them, where ledgers are kept, whether a server answers, the "
        "hooks\n"
        "library, and each ttnn: whether it can be tracked and as which release. Opens no device, loads no library. "
        "Exit\n"
        "codes: 0 nothing is wrong, 1 there is a problem, 2 the command line makes no sense.");
}

}  // namespace ttmem
