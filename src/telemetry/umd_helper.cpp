// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/umd_helper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "telemetry/scan.hpp"

namespace ttmem::telemetry {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostLine = 1 << 20;
constexpr std::size_t kMostChips = 1024;
constexpr std::size_t kMostSensors = 256;
constexpr std::size_t kMostName = 64;

std::uint64_t in_ns(std::chrono::milliseconds time) {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(time).count());
}

bool is_name(const std::string& text) {
    return !text.empty() && text.size() <= kMostName && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// Whether a card can have such a value, by unit; the bounds of parse.hpp.
bool is_plausible(const std::string& unit, double value) {
    if (!std::isfinite(value) || value == 4294967295.0) {
        return false;
    }
    if (unit == "C") {
        return value >= -40 && value <= 150;
    }
    if (unit == "W" || unit == "A") {
        return value >= 0 && value <= 1000;
    }
    if (unit == "V") {
        return value >= 0 && value <= 2;
    }
    return unit == "MHz" ? value >= 0 && value <= 5000 : value >= 0;
}

std::optional<std::string> text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

UmdChip chip_of(const Json& from, std::uint64_t now_ns) {
    UmdChip chip;
    if (const auto id = text_of(from, "unique_id"); id && id->starts_with("0x")) {
        char* end = nullptr;
        const std::uint64_t value = std::strtoull(id->c_str(), &end, 16);
        chip.unique_id = *end == '\0' && value != 0 ? std::optional(value) : std::nullopt;
    }
    if (const auto pci = text_of(from, "pci"); pci && is_pci_address(*pci)) {
        chip.pci = pci;
    }
    if (const auto board = text_of(from, "board"); board && is_name(*board)) {
        chip.board = *board;
    }
    chip.remote = from.value("remote", false);
    const auto sensors = from.find("sensors");
    if (sensors == from.end() || !sensors->is_object()) {
        return chip;
    }
    for (const auto& [name, sensor] : sensors->items()) {
        const auto unit = sensor.is_object() ? text_of(sensor, "unit") : std::nullopt;
        if (!is_name(name) || !unit || unit->size() > 8 || chip.sensors.size() >= kMostSensors) {
            continue;
        }
        UmdSensor& one = chip.sensors.emplace_back(UmdSensor{name, *unit, {}});
        const auto value = sensor.find("value");
        if (value == sensor.end() || !value->is_number()) {
            continue;
        }
        if (is_plausible(*unit, value->get<double>())) {
            one.reading.set(value->get<double>(), now_ns);
        } else {
            one.reading.clear(State::kImplausible);
        }
    }
    return chip;
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace

Result<std::vector<UmdChip>> parse_umd_line(std::string_view line, std::uint64_t now_ns) {
    const Json answer = Json::parse(line, nullptr, false);
    if (!answer.is_object() || answer.value("schema", Json()) != 1) {
        return Error{"the helper's line is no answer"};
    }
    if (const auto error = text_of(answer, "error")) {
        return Error{*error};
    }
    const auto chips = answer.find("chips");
    if (chips == answer.end() || !chips->is_array() || chips->size() > kMostChips) {
        return Error{"the helper's answer has no chips"};
    }
    std::vector<UmdChip> all;
    try {
        for (const Json& chip : *chips) {
            if (chip.is_object()) {
                all.push_back(chip_of(chip, now_ns));
            }
        }
    } catch (const Json::exception&) {
        return Error{"the helper's answer has a value of the wrong type"};
    }
    return all;
}

std::optional<UmdOptions> umd_options_from_environment() {
    if (variable("TT_ALLOC_UMD") != "1") {
        return std::nullopt;
    }
    namespace fs = std::filesystem;
    std::string helper = variable("TT_ALLOC_UMD_HELPER");
    if (helper.empty()) {
        std::error_code error;
        const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
        const fs::path prefix = folder.parent_path();
        for (const fs::path& place : {folder / "ttmem-umd-telemetry", prefix / "libexec/ttmem/ttmem-umd-telemetry",
                                      prefix / "../src/telemetry/umd/ttmem-umd-telemetry"}) {
            if (helper.empty() && fs::is_regular_file(place, error)) {
                helper = place.lexically_normal().string();
            }
        }
    }
    const std::string python = variable("TT_ALLOC_UMD_PYTHON");
    UmdOptions options;
    options.command = {python.empty() ? "python3" : python, helper.empty() ? "ttmem-umd-telemetry" : helper};
    return options;
}

UmdHelper::UmdHelper(UmdOptions options) : options_(std::move(options)) {
    if (!options_.now_ns) {
        options_.now_ns = [] {
            return static_cast<std::uint64_t>(
                std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
        };
    }
}

UmdHelper::~UmdHelper() {
    end("");
}

std::uint64_t UmdHelper::now() const {
    return options_.now_ns();
}

void UmdHelper::start() {
    ++starts_;
    heard_ns_ = now();
    bytes_.clear();
    std::array<int, 2> out{};
    std::array<int, 2> in{};
    if (pipe2(out.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        return end("the helper cannot be started: no descriptors");
    }
    from_.reset(out[0]);
    UniqueFd writing(out[1]);
    if (pipe2(in.data(), O_CLOEXEC) != 0) {
        return end("the helper cannot be started: no descriptors");
    }
    UniqueFd reading(in[0]);
    to_.reset(in[1]);
    std::vector<char*> arguments;
    for (const std::string& word : options_.command) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_ = fork();
    if (pid_ == 0) {
        // Its own group, so that the terminal's Ctrl-C is ours; it goes when its stdin or its parent does.
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        struct sigaction usual {};
        usual.sa_handler = SIG_DFL;
        for (int signal = 1; signal < NSIG; ++signal) {
            sigaction(signal, &usual, nullptr);
        }
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        const int nothing = open("/dev/null", O_RDWR);
        fcntl(writing.get(), F_SETFL, 0);
        dup2(reading.get(), STDIN_FILENO);
        dup2(writing.get(), STDOUT_FILENO);
        dup2(nothing, STDERR_FILENO);
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid_ < 0) {
        end("the helper cannot be started: no process");
    }
}

void UmdHelper::end(const std::string& why) {
    if (pid_ > 0) {
        kill(-pid_, SIGKILL);
        kill(pid_, SIGKILL);
        for (int tries = 0; tries < 20 && waitpid(pid_, nullptr, WNOHANG) == 0; ++tries) {
            ::poll(nullptr, 0, 1);  // one that the kernel holds is left to init
        }
    }
    pid_ = -1;
    from_.reset();
    to_.reset();
    if (!why.empty()) {
        trouble_ = why;
        pause_ = pause_.count() == 0 ? options_.first_restart : std::min(pause_ * 2, options_.last_restart);
        due_ns_ = now() + in_ns(pause_);
    }
}

void UmdHelper::take(std::string_view line) {
    Result<std::vector<UmdChip>> answer = parse_umd_line(line, now());
    heard_ns_ = now();
    if (!answer) {
        trouble_ = answer.error().message;
        return;
    }
    chips_ = std::move(answer.value());
    trouble_.clear();
    answered_ = true;
    pause_ = std::chrono::milliseconds(0);
}

void UmdHelper::poll() {
    if (pid_ < 0 && now() >= due_ns_) {
        start();
    }
    std::array<char, 16384> block;
    while (pid_ > 0) {
        const ssize_t got = ::read(from_.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            break;
        }
        bytes_.append(block.data(), static_cast<std::size_t>(got));
        for (std::size_t end_of_line = 0; (end_of_line = bytes_.find('\n')) != std::string::npos;) {
            take(std::string_view(bytes_).substr(0, end_of_line));
            bytes_.erase(0, end_of_line + 1);
        }
        if (got == 0) {
            end(trouble_.empty() ? "the helper ended" : std::string(trouble_));
        } else if (bytes_.size() > kMostLine) {
            end("the helper's answer has no end");
        }
    }
    if (pid_ > 0 && now() - heard_ns_ > in_ns(options_.silent_after)) {
        end("the helper is silent");
    }
    for (UmdChip& chip : chips_) {
        for (UmdSensor& sensor : chip.sensors) {
            if (sensor.reading.known() && *sensor.reading.age_ns(now()) > in_ns(options_.stale_after)) {
                sensor.reading.keep_as_stale();
            }
        }
    }
}

void UmdHelper::wait_for_answer(std::chrono::milliseconds most) {
    const auto deadline = std::chrono::steady_clock::now() + most;
    poll();
    while (!answered_ && pid_ > 0 && std::chrono::steady_clock::now() < deadline) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd ready{from_.get(), POLLIN, 0};
        ::poll(&ready, 1, static_cast<int>(std::max<long>(left, 0)) + 1);
        poll();
    }
}

}  // namespace ttmem::telemetry
