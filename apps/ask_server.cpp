// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ask_server.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "history/answer_bytes.hpp"
#include "inventory/source_places.hpp"
#include "model/model_bytes.hpp"
#include "model/tool_protocol.hpp"

namespace ttmem {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* kVariable = "TTMEM_SERVER";
constexpr const char* kNone = "none";
constexpr const char* kMachineSocket = "/run/ttmem/api.sock";
constexpr const char* kPatienceVariable = "TTMEM_SERVER_PATIENCE_MS";
constexpr milliseconds kPatience{200};
// For the first answer of one that was named: without it there is no answer at all.
constexpr milliseconds kPatienceWithOneNamed{2'000};
// A model of many buffers takes its time, while the server still greets.
constexpr milliseconds kLongest{3'000};
constexpr milliseconds kNotAgainFor{5'000};
constexpr size_t kMostBytes = size_t{1} << 31;
// Lists that are longer are read faster where they lie than they are sent.
constexpr uint64_t kMostRows = 100'000;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

Error failed(const std::string& what) {
    return Error{what, errno};
}

// Empty: nothing was said, or no number of milliseconds.
std::optional<milliseconds> patience_asked_for() {
    const std::string text = variable(kPatienceVariable);
    uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return milliseconds(count);
}

int left_ms(Clock::time_point until) {
    const int64_t left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    return static_cast<int>(std::clamp<int64_t>(left, 0, std::numeric_limits<int>::max()));
}

Result<UniqueFd> connect_to(const std::string& path) {
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return Error{"the path is too long for a socket", 0};
    }
    std::memcpy(address.sun_path, path.c_str(), path.size());
    ucred peer{};
    socklen_t size = sizeof peer;
    if (!fd.valid() || connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return failed(std::strerror(errno));
    }
    if (peer.uid != 0 && peer.uid != geteuid()) {
        return Error{"user " + std::to_string(peer.uid) + " answers there", 0};
    }
    return fd;
}

bool send_request(int fd, const std::string& target) {
    const std::string text = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    return send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

// Collects bytes until the answer is whole: the head, and a body of the length that the head gives.
class AnswerReader {
public:
    enum class State { kGoesOn, kWhole, kBroken };

    // Reads whatever has arrived; kGoesOn when nothing arrives before `until`.
    State read(int fd, Clock::time_point until) {
        while (!is_whole()) {
            pollfd ready{fd, POLLIN, 0};
            const int got = poll(&ready, 1, left_ms(until));
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0) {
                return got == 0 ? State::kGoesOn : State::kBroken;
            }
            const size_t before = text_.size();
            text_.resize(before + kBlock);
            const ssize_t count = recv(fd, text_.data() + before, kBlock, 0);
            text_.resize(before + static_cast<size_t>(std::max<ssize_t>(count, 0)));
            if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) || text_.size() > kMostBytes) {
                return State::kBroken;
            }
        }
        return State::kWhole;
    }
    bool is_good() const { return text_.starts_with("HTTP/1.1 200"); }
    std::string body() const { return text_.substr(head_, length_); }

private:
    static constexpr size_t kBlock = size_t{1} << 18;

    bool is_whole() {
        if (head_ == 0) {
            const size_t end = text_.find("\r\n\r\n");
            if (end == std::string::npos) {
                return false;
            }
            head_ = end + 4;
            constexpr std::string_view kLength = "\r\nContent-Length: ";
            const size_t at = text_.substr(0, end).find(kLength);
            length_ = at == std::string::npos ? 0 : std::strtoull(text_.c_str() + at + kLength.size(), nullptr, 10);
            if (length_ <= kMostBytes) {
                text_.reserve(head_ + length_ + kBlock);
            }
        }
        return text_.size() >= head_ + length_;
    }

    std::string text_;
    size_t head_ = 0;
    size_t length_ = 0;
};

// Empty: it would say what this tool would say.
std::string greet(int fd, const std::string& expected, Clock::time_point until) {
    AnswerReader reader;
    if (!send_request(fd, api::kToolHello)) {
        return std::strerror(errno);
    }
    switch (reader.read(fd, until)) {
        case AnswerReader::State::kGoesOn:
            return "it does not answer";
        case AnswerReader::State::kBroken:
            return "it hangs up";
        case AnswerReader::State::kWhole:
            break;
    }
    const std::string said = reader.is_good() ? reader.body() : "";
    if (said.substr(0, said.find('\n')) != expected.substr(0, expected.find('\n'))) {
        return "it is of another version";
    }
    return said.starts_with(expected) ? "" : "it looks at other places (ledgers, regions, cards or pids)";
}

}  // namespace

ServerAsker::ServerAsker() : patience_(patience_asked_for().value_or(kPatience)) {
    const std::string named = variable(kVariable);
    if (named == kNone) {
        return;
    }
    if (!named.empty()) {
        named_ = true;
        patience_ = patience_asked_for().value_or(kPatienceWithOneNamed);
        paths_ = {named};
        return;
    }
    paths_ = {kMachineSocket};
    if (const std::string runtime = variable("XDG_RUNTIME_DIR"); runtime.starts_with('/')) {
        paths_.push_back(runtime + "/ttmem/api.sock");
    }
}

inventory::Settings ServerAsker::settings(inventory::TelemetryUse telemetry) {
    inventory::Settings settings;
    settings.telemetry = telemetry;
    if (!paths_.empty()) {
        settings.served = [this](const inventory::Request& request) { return model(request); };
    }
    return settings;
}

std::shared_ptr<const api::Model> ServerAsker::model(const inventory::Request& request) {
    if ((request.depth == inventory::Depth::kRows && buffers_ > kMostRows) || is_resting()) {
        return nullptr;
    }
    uint32_t want = 0;
    want |= request.depth >= inventory::Depth::kRows ? api::kWantBuffers : 0;
    want |= request.depth >= inventory::Depth::kSpace ? api::kWantSpace : 0;
    want |= request.programs >= inventory::ProgramDepth::kPrograms ? api::kWantPrograms : 0;
    want |= request.programs >= inventory::ProgramDepth::kFailures ? api::kWantFailures : 0;
    want |= request.programs == inventory::ProgramDepth::kL1 ? api::kWantL1 : 0;
    std::optional<api::Model> model =
        take<api::Model>(ask(std::string(api::kToolModel) + "?want=" + std::to_string(want),
                             api::tool_hello(TTMEM_VERSION, inventory::source_places(inventory::Settings()))),
                         api::model_from_bytes);
    if (!model) {
        return nullptr;
    }
    model->buffers_listed = request.depth == inventory::Depth::kBuffers;
    buffers_ = 0;
    for (const api::Device& device : model->devices) {
        for (const api::MemoryKind kind : api::kAllMemoryKinds) {
            buffers_ += device.memory[kind].buffers.value_or(0);
        }
    }
    return std::make_shared<const api::Model>(std::move(*model));
}

std::optional<history::Answer> ServerAsker::history(const history::Question& question) {
    if (is_resting()) {
        return std::nullopt;
    }
    return take<history::Answer>(
        ask(std::string(api::kToolHistory) + "?question=" + api::to_hex(history::to_bytes(question)),
            api::tool_version(TTMEM_VERSION) + "\n"),
        history::answer_from_bytes);
}

std::optional<ServerAsker::Page> ServerAsker::page() {
    const Result<std::string> answer = ask(api::kToolPage, api::tool_version(TTMEM_VERSION) + "\n");
    if (!answer) {
        complaint_ = answer.error().message;
        return std::nullopt;
    }
    const nlohmann::json said = nlohmann::json::parse(answer.value(), nullptr, false);
    const auto word = [&](const char* key) {
        const auto found = said.is_object() ? said.find(key) : said.end();
        return said.is_object() && found != said.end() && found->is_string() ? found->get<std::string>() : "";
    };
    Page page{word("url"), word("token")};
    if (page.url.empty() || page.token.empty()) {
        complaint_ = "its answer makes no sense";
        return std::nullopt;
    }
    return page;
}

template <typename T, typename Read>
std::optional<T> ServerAsker::take(Result<std::string> answer, Read&& read) {
    complaint_.clear();
    if (answer) {
        if (std::optional<T> value = read(answer.value())) {
            patience_ = patience_asked_for().value_or(kPatience);
            return value;
        }
        answer = Error{"its answer makes no sense", 0};
    }
    connection_.reset();
    not_before_ = Clock::now() + kNotAgainFor;
    if (named_) {
        complaint_ = "the server at " + paths_.front() + " cannot be asked: " + answer.error().message;
    }
    return std::nullopt;
}

Result<std::string> ServerAsker::ask(const std::string& target, const std::string& expected_hello) {
    Result<std::string> answer = Error{"there is no place to ask", 0};
    if (connection_.valid()) {
        answer = ask_at(connected_to_, target, expected_hello, Clock::now() + patience_);
        if (answer) {
            return answer;
        }
        connection_.reset();  // it may have been started again
    }
    const Clock::time_point until = Clock::now() + patience_;
    for (const std::string& path : paths_) {
        answer = ask_at(path, target, expected_hello, until);
        if (answer) {
            return answer;
        }
        connection_.reset();
    }
    return answer;
}

Result<std::string> ServerAsker::ask_at(const std::string& path, const std::string& target,
                                        const std::string& expected_hello, Clock::time_point until) {
    if (!connection_.valid()) {
        Result<UniqueFd> connected = connect_to(path);
        if (!connected) {
            return connected.error();
        }
        if (const std::string why = greet(connected.value().get(), expected_hello, until); !why.empty()) {
            return Error{why, 0};
        }
        connection_ = std::move(connected.value());
        connected_to_ = path;
    }
    if (!send_request(connection_.get(), target)) {
        return failed(std::strerror(errno));
    }
    AnswerReader reader;
    const Clock::time_point end = Clock::now() + std::max(kLongest, patience_);
    for (;;) {
        const AnswerReader::State state = reader.read(connection_.get(), Clock::now() + patience_);
        if (state == AnswerReader::State::kWhole) {
            return reader.is_good() ? Result<std::string>(reader.body()) : Error{"it says " + reader.body(), 0};
        }
        if (state == AnswerReader::State::kBroken) {
            return Error{"it hangs up", 0};
        }
        // Long at work, or hung? A server at work greets other clients meanwhile.
        Result<UniqueFd> second = connect_to(path);
        if (Clock::now() > end || !second ||
            !greet(second.value().get(), expected_hello, Clock::now() + patience_).empty()) {
            return Error{"it does not answer", 0};
        }
    }
}

}  // namespace ttmem
