// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay_server/serve.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "replay_server/routes.hpp"
#include "server/http/listen.hpp"
#include "server/signals.hpp"

namespace ttmem::replay_server {
namespace {

int failed(const std::string& what) {
    std::fprintf(stderr, "ttmem web: %s\n", what.c_str());
    return 1;
}

// Enter in the terminal from which the server was started. Reads only while it is in the foreground there: a read of a
// background job would stop it.
class EnterKey : public server::EventHandler {
public:
    EnterKey(server::EventLoop& loop, std::function<void()> pressed) : loop_(loop), pressed_(std::move(pressed)) {
        // With each line alone (EPOLLET): one that is left to the shell must not keep the loop busy.
        watching_ = isatty(STDIN_FILENO) == 1 && loop_.watch(STDIN_FILENO, EPOLLIN | EPOLLET, *this);
    }
    ~EnterKey() override { forget(); }
    EnterKey(const EnterKey&) = delete;
    EnterKey& operator=(const EnterKey&) = delete;

    bool is_watched() const { return watching_; }
    void on_event(uint32_t events) override {
        if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
            forget();
        } else if (char line[256]; tcgetpgrp(STDIN_FILENO) == getpgrp() && read(STDIN_FILENO, line, sizeof line) > 0) {
            pressed_();
        }
    }

private:
    void forget() {
        if (watching_) {
            loop_.forget(STDIN_FILENO, *this);
            watching_ = false;
        }
    }
    server::EventLoop& loop_;
    std::function<void()> pressed_;
    bool watching_ = false;
};

}  // namespace

int serve(const ServeOptions& options) {
    signal(SIGPIPE, SIG_IGN);
    server::Log log(server::LogLevel::kWarning);
    auto loop = server::EventLoop::make();
    if (!loop) {
        return failed(loop.error().message + ": " + std::strerror(loop.error().errno_value));
    }
    server::Signals signals(*loop.value(), log);
    if (!signals.start()) {
        return failed(std::string("cannot receive signals: ") + std::strerror(errno));
    }
    Result<UniqueFd> listener =
        server::listen_on("127.0.0.1:" + std::to_string(options.port), "; choose another one with --port");
    if (!listener) {
        return failed(listener.error().message);
    }
    const std::string url = server::url_of(listener.value().get()) + "/";
    auto background = server::Background::start(*loop.value());
    if (!background) {
        return failed(background.error().message);
    }
    const Recordings recordings{std::make_shared<Moments>(options.playback, options.beside != nullptr),
                                options.beside ? std::make_shared<Moments>(options.beside) : nullptr};
    Routes routes(*loop.value(), *background.value(), recordings, options.command);
    auto http = server::HttpServer::start(*loop.value(), log, routes, std::move(listener.value()), server::HostRule());
    if (!http) {
        return failed(http.error().message);
    }
    const auto show = [&] {
        if (const std::optional<std::string> token = routes.new_token()) {
            options.show(url + "#token=" + *token);
        } else {
            failed("no address can be made: the kernel has no random numbers yet");
        }
    };
    EnterKey enter(*loop.value(), show);
    show();
    if (enter.is_watched()) {
        std::fprintf(stderr, "Enter: another address; Ctrl-C: end.\n");
    }
    loop.value()->run();
    return 0;
}

}  // namespace ttmem::replay_server
