// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/server.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/descriptor_limit.hpp"
#include "inventory/inventory.hpp"
#include "server/change_watcher.hpp"
#include "server/client_figures.hpp"
#include "server/event_loop.hpp"
#include "server/history_keeper.hpp"
#include "server/http/http_service.hpp"
#include "server/inventory_answers.hpp"
#include "server/legacy/legacy_socket.hpp"
#include "server/service.hpp"
#include "server/signals.hpp"

namespace ttmem::server {
namespace {

// Two descriptors a client (its connection and its process), and some for ledgers.
constexpr size_t kDescriptorsAside = 256;

int failed(Log& log, const std::string& what) {
    log.write(LogLevel::kError, what);
    return 1;
}

struct NamedCounter {
    const char* name;    // for the log
    const char* metric;  // for Prometheus
    const char* help;
    uint64_t value;
};

std::vector<NamedCounter> named(const LegacyCounters& counters) {
    return {
        {"connections", "connections", "Connections to the old socket", counters.connections},
        {"refused", "refused", "Connections beyond the bounds", counters.refused},
        {"messages", "messages", "Messages received", counters.messages},
        {"questions", "questions", "Questions among them", counters.questions},
        {"releases of nothing", "unknown_frees", "Releases of what the sender did not hold", counters.unknown_frees},
        {"bad buffer types", "bad_buffer_types", "Reports of a buffer type that does not exist",
         counters.bad_buffer_types},
        {"bad devices", "bad_devices", "Reports of a device number that cannot be", counters.bad_devices},
        {"unknown types", "unknown_types", "Messages of an unknown type", counters.unknown_types},
        {"lost for want of room", "no_room", "Reports that the bounds kept out", counters.no_room},
        {"differing process ids", "differing_process_ids", "Messages whose process id was not the sender's",
         counters.differing_process_ids},
        {"answers in a wrong size", "wrong_size_answers", "Answers in a size that later proved wrong",
         counters.wrong_size_answers},
        {"senseless streams", "senseless_streams", "Connections that were closed for making no sense",
         counters.senseless_streams},
        {"cut messages", "cut_messages", "Connections that ended within a message", counters.cut_messages},
        {"deaths", "deaths", "Senders whose process ended before their connection", counters.deaths},
    };
}

void log_counters(Log& log, const LegacyCounters& counters) {
    std::string text;
    for (const NamedCounter& counter : named(counters)) {
        if (counter.value > 0) {
            text += (text.empty() ? "" : ", ") + std::to_string(counter.value) + " " + counter.name;
        }
    }
    log.write(LogLevel::kInfo, "served: " + (text.empty() ? std::string("no request") : text));
}

std::vector<OwnFigure> own_figures(const std::string& version, const LegacySocket& socket) {
    std::vector<OwnFigure> figures = {
        {"tt_server_info", "Version of the server, as a label; always 1", false, {{"version", version}}, 1},
        {"tt_server_socket_connections",
         "Open connections to the old socket",
         false,
         {},
         static_cast<double>(socket.connections())},
    };
    for (const NamedCounter& counter : named(socket.counters())) {
        figures.push_back({std::string("tt_server_socket_") + counter.metric + "_total",
                           counter.help,
                           true,
                           {},
                           static_cast<double>(counter.value)});
    }
    return figures;
}

// Applies the settings that can change while clients are connected, and names those that need a restart.
void reload(Log& log, const ServerOptions& began_with, HttpService& http) {
    const Result<ServerOptions> read = began_with.reread();
    if (!read) {
        log.write(LogLevel::kError, read.error().message + "; everything stays as it was");
        return;
    }
    const ServerOptions& now = read.value();
    log.set_level(now.log_level);
    http.reload(now.http);
    std::string later;
    const std::pair<const char*, bool> fixed[] = {
        {"socket.path", now.socket_path != began_with.socket_path},
        {"http.address", now.http.address != began_with.http.address},
        {"http.remote", now.http.remote != began_with.http.remote},
        {"api.socket", now.http.api_socket != began_with.http.api_socket},
        {"ledgers.directory", now.ledger_base != began_with.ledger_base},
        {"ledgers.shared", now.ledger_directories != began_with.ledger_directories},
        {"history.enabled", now.keep_history != began_with.keep_history},
        {"history.path", now.history.path != began_with.history.path},
        {"history.max_mib", now.history.max_bytes != began_with.history.max_bytes},
        {"history.days", now.history.keep_minutes_s != began_with.history.keep_minutes_s},
    };
    for (const auto& [name, changed] : fixed) {
        later += changed ? (later.empty() ? "" : ", ") + std::string(name) : std::string();
    }
    log.write(LogLevel::kInfo,
              "configuration read again" +
                  (later.empty() ? std::string() : "; changes when the server starts again: " + later));
}

// Bounds of the old socket that leave descriptors for everything else.
LegacyLimits socket_limits() {
    LegacyLimits limits;
    const size_t descriptors = raise_descriptor_limit();
    // A quarter stays for ledgers, one for cards, the rest for HTTP, history and files that are open for a moment.
    const size_t aside = std::max(descriptors / 2, std::min<size_t>(descriptors, kDescriptorsAside));
    const size_t most = std::max<size_t>((descriptors - std::min(aside, descriptors)) / 2, 4);
    limits.connections = std::min(limits.connections, most);
    limits.connections_of_user = std::min(limits.connections_of_user, most * 3 / 4);
    return limits;
}

}  // namespace

int run_server(const ServerOptions& options) {
    Log log(options.log_level);
    signal(SIGPIPE, SIG_IGN);
    auto made = EventLoop::make();
    if (!made) {
        return failed(log, made.error().message + ": " + std::strerror(made.error().errno_value));
    }
    EventLoop& loop = *made.value();
    // Before the place is claimed: a signal that comes while starting stops an orderly server.
    Signals signals(loop, log);
    if (!signals.start()) {
        return failed(log, std::string("cannot receive signals: ") + std::strerror(errno));
    }
    ServiceManager manager(loop);
    auto given = take_given_sockets();
    if (!given) {
        return failed(log, given.error().message);
    }
    auto claimed = given.value().legacy.valid() ? SocketPlace::given(std::move(given.value().legacy))
                                                : SocketPlace::claim(options.socket_path, options.socket_mode);
    // Another user on the name (any user may write in /tmp) must not keep the server away from all others.
    const bool is_squatted = !claimed && claimed.error().errno_value == EPERM;
    if (is_squatted) {
        log.write(LogLevel::kWarning, claimed.error().message + "; the server goes on without the old socket");
    }
    Result<SocketPlace> place = is_squatted ? Result<SocketPlace>(SocketPlace::none()) : std::move(claimed);
    if (!place) {
        return failed(log, place.error().message);
    }
    if (place.value().replaced_stale()) {
        log.write(LogLevel::kInfo, "replaced a stale socket at " + options.socket_path);
    }
    const std::string socket_path = place.value().path();
    const LegacyLimits limits = socket_limits();
    inventory::Settings settings;
    settings.base_directory = options.ledger_base;
    settings.more_directories = options.ledger_directories;
    settings.telemetry = inventory::TelemetryUse::kFollow;  // answers must not wait for a card
    inventory::Inventory inventory(settings);
    ClientFigures figures(inventory);
    InventoryAnswers answers(figures, STDOUT_FILENO);
    LegacySocket socket(loop, log, std::move(place.value()), answers, limits);
    auto http = HttpService::start(
        loop, log, options.http, settings, [&](bool buffers) { return figures.get(buffers); },
        [&] { return own_figures(options.http.version, socket); },
        {std::move(given.value().http), std::move(given.value().api)});
    if (!http) {
        return failed(log, http.error().message);
    }
    auto looks = Background::start(loop);
    if (!looks) {
        return failed(log, looks.error().message);
    }
    LiveModels& models = http.value()->models();
    figures.attach(socket.clients(), looks.value().get());
    answers.attach(socket, models, http.value()->background());
    if (!socket.start()) {
        return failed(log, "cannot serve " + socket_path + ": " + std::strerror(errno));
    }
    loop.set_background([&] { return socket.work_in_background(); });
    std::optional<HistoryKeeper> history;
    if (options.keep_history) {
        history.emplace(loop, log, models, options.history);
    }
    std::optional<ChangeWatcher> change_watcher;
    auto watch = inventory::Watch::make(inventory::base_directories(settings), inventory::region_directory(settings));
    if (watch) {
        change_watcher.emplace(
            loop, log, std::move(watch.value()), [&](ChangeWatcher::Got got) { figures.look(std::move(got)); },
            [&] {
                models.forget();
                if (history) {
                    history->record();
                }
            },
            [&] { models.suspect_strangers(); });
    }
    if (!watch || !change_watcher->start()) {
        // Too many watches in use on this machine, mostly. Answers are as exact; ends are noticed on request.
        log.write(LogLevel::kWarning, std::string("the kernel does not notify of ledgers: ") + std::strerror(errno));
        change_watcher.reset();
    }
    models.set_news([&] { return !change_watcher || change_watcher->has_news(); });
    if (options.reread) {
        signals.on_reload([&] {
            manager.reloading();
            reload(log, options, *http.value());
            manager.ready("listening on " + socket_path);
        });
    }
    const std::string listening = is_squatted ? "listening without the old socket" : "listening on " + socket_path;
    log.write(LogLevel::kInfo, listening);
    manager.ready(listening);
    loop.run();
    manager.stopping();
    log_counters(log, socket.counters());
    return 0;
}

}  // namespace ttmem::server
