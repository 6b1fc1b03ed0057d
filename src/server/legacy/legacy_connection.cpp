// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/legacy/legacy_connection.hpp"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/pidfd.hpp"
#include "base/process_stat.hpp"

#if !defined(SO_PEERPIDFD)
#define SO_PEERPIDFD 77  // Linux 6.5
#endif

namespace ttmem::server {
namespace {}  // namespace

LegacyConnection::Sender::~Sender() {
    if (pidfd.valid()) {
        connection_.owner_.loop_.forget(pidfd.get(), *this);
    }
}

void LegacyConnection::Sender::on_event(uint32_t) {
    connection_.on_death(*this);
}

// From a sender's first report on, for one that holds nothing may die unnoticed.
void LegacyConnection::Sender::watch_death() {
    if (who.pid <= 0) {
        return;  // of a pid namespace that cannot be seen from here: its connection shows the end
    }
    if (who.pid == connection_.peer_.pid) {
        // The kernel's own handle of the process that connected, where it has one: its pid may be another's by now.
        int fd = -1;
        socklen_t size = sizeof fd;
        if (getsockopt(connection_.fd_.get(), SOL_SOCKET, SO_PEERPIDFD, &fd, &size) == 0) {
            pidfd.reset(fd);
        }
    }
    if (!pidfd.valid()) {
        pidfd = open_pidfd(who.pid);
    }
    if (!pidfd.valid()) {
        if (errno == ESRCH) {
            connection_.on_death(*this);
        }
        return;
    }
    if (!connection_.owner_.loop_.watch(pidfd.get(), EPOLLIN, *this)) {
        pidfd.reset();
    }
}

LegacyConnection::LegacyConnection(LegacySocket& owner, UniqueFd fd, const ucred& peer)
    : owner_(owner), fd_(std::move(fd)), peer_(peer) {}

void LegacyConnection::detach() {
    closed_ = true;
    if (timer_) {
        owner_.loop_.cancel(*timer_);
        timer_.reset();
    }
    owner_.loop_.forget(fd_.get(), *this);
}

LegacyConnection::~LegacyConnection() {
    detach();
    for (const auto& sender : senders_) {
        if (sender->id) {
            owner_.clients_.end_sender(*sender->id);
        }
    }
}

bool LegacyConnection::start() {
    const int on = 1;
    setsockopt(fd_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    interest_ = EPOLLIN;
    return owner_.loop_.watch(fd_.get(), interest_, *this);
}

void LegacyConnection::on_event(uint32_t events) {
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        // Both directions are shut: no answer will be read, but requests sent before are still to be read.
        deaf_ = true;
        unread_.clear();
        answers_.clear();
        if (input_ended_) {
            owner_.close(*this);
            return;
        }
    }
    if ((events & EPOLLOUT) != 0) {
        flush();
    }
    if (!input_ended_ && !is_full() && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !read_once()) {
        return;
    }
    flush();
    if (input_ended_ && is_silent()) {
        owner_.close(*this);
        return;
    }
    update_interest();
}

bool LegacyConnection::read_once() {
    std::vector<std::byte>& buffer = owner_.read_buffer_;
    iovec piece{buffer.data(), buffer.size()};
    // Room for credentials and nothing else: descriptors that a client sends along are not taken.
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(ucred))> control;
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t got = recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        heavy = false;
        return true;
    }
    if (got <= 0) {
        end_of_input();
        return true;
    }
    heavy = static_cast<size_t>(got) == buffer.size();
    ucred who = peer_;
    for (cmsghdr* one = CMSG_FIRSTHDR(&header); one != nullptr; one = CMSG_NXTHDR(&header, one)) {
        if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SCM_CREDENTIALS) {
            std::memcpy(&who, CMSG_DATA(one), sizeof who);
        }
    }
    // Bytes of before SO_PASSCRED was on, or of another pid namespace: the peer that connected is the best guess.
    if (who.pid == 0) {
        who = peer_;
    }
    bytes_read_ += static_cast<uint64_t>(got);
    const Sender& sender = sender_of(who);
    if (!stream_.feed(std::span(buffer).first(static_cast<size_t>(got)), sender.number, owner_.loop_.now_ns(),
                      sink())) {
        ++owner_.counters_.senseless_streams;
        owner_.oddities_.say(owner_.log_, owner_.loop_.now_ns(), [&] {
            return "pid " + std::to_string(who.pid) + " sends what fits no message size; its connection is closed";
        });
        owner_.close(*this);
        return false;
    }
    end_dead_senders();
    set_deadline();
    return true;
}

LegacyConnection::Sender& LegacyConnection::sender_of(const ucred& who) {
    const auto is_who = [&](const Sender& sender) {
        return sender.who.pid == who.pid && sender.who.uid == who.uid && sender.who.gid == who.gid &&
               (!sender.ends_at_byte || bytes_read_ <= *sender.ends_at_byte);
    };
    if (last_sender_ != nullptr && is_who(*last_sender_)) {
        return *last_sender_;
    }
    for (const auto& sender : senders_) {
        if (is_who(*sender)) {
            return *(last_sender_ = sender.get());
        }
    }
    senders_.push_back(std::make_unique<Sender>(*this, ++senders_made_, who));
    return *(last_sender_ = senders_.back().get());
}

LegacyConnection::Sender* LegacyConnection::find(uint32_t number) {
    if (last_sender_ != nullptr && last_sender_->number == number) {
        return last_sender_;
    }
    for (const auto& sender : senders_) {
        if (sender->number == number) {
            return sender.get();
        }
    }
    return nullptr;
}

void LegacyConnection::on_message(const api::LegacyRequest& request, api::LegacySize size, uint32_t number) {
    LegacyCounters& counters = owner_.counters_;
    ++counters.messages;
    if (is_question(request.type)) {
        ++counters.questions;
        answer(request, size);
        return;
    }
    if (request.type == api::kLegacyDumpRemaining) {
        owner_.request_dump();
        return;
    }
    Sender* sender = find(number);
    if (sender == nullptr) {
        return;  // the rest of a message came after its sender's death: it holds nothing any more
    }
    if (request.process_id != sender->who.pid) {
        ++counters.differing_process_ids;
        if (!sender->said_other_pid) {
            sender->said_other_pid = true;
            owner_.strangers_.say(owner_.log_, owner_.loop_.now_ns(), [&] {
                return "pid " + std::to_string(sender->who.pid) + " calls itself " +
                       std::to_string(request.process_id) + "; the kernel's word counts";
            });
        }
    }
    if (!sender->id) {
        sender->id = owner_.clients_.add_sender({sender->who.pid, sender->who.uid, sender->who.gid,
                                                 sender->who.pid > 0 ? process_start_ticks(sender->who.pid) : 0});
        sender->watch_death();
    }
    const SocketClients::Effect effect = owner_.clients_.apply(*sender->id, request);
    if (effect >= SocketClients::Effect::kUnknownFree) {
        owner_.report_effect(effect, request, sender->who.pid);
    }
}

void LegacyConnection::answer(const api::LegacyRequest& request, api::LegacySize size) {
    if (deaf_) {
        return;
    }
    const auto answer = std::make_shared<Answer>();
    answer->size = size;
    answer->reply.request.device_id = request.device_id;
    answers_.push_back(answer);
    const auto now = std::make_shared<bool>(true);  // false: the answer itself sends it
    LegacyAnswers::Got got = [this, answer, now, alive = std::weak_ptr<int>(alive_)](const LegacyAnswers::Fill& fill) {
        fill(answer->reply);
        answer->ready = true;
        if (*now || alive.expired() || closed_) {
            return;
        }
        take_ready_answers();
        flush();
        if (input_ended_ && is_silent()) {
            owner_.close(*this);
        } else {
            update_interest();
        }
    };
    if (request.type == api::kLegacyQuery) {
        answer->reply.request.type = api::kLegacyResponse;
        owner_.answers_.answer_query(request.device_id, std::move(got));
    } else {
        answer->reply.request.type = api::kLegacyDeviceInfoResponse;
        owner_.answers_.answer_device_info(request.device_id, std::move(got));
    }
    *now = false;
    take_ready_answers();
}

void LegacyConnection::take_ready_answers() {
    while (!answers_.empty() && answers_.front()->ready) {
        const Answer& answer = *answers_.front();
        const size_t before = unread_.size();
        unread_.resize(before + bytes_of(answer.size));
        api::encode_legacy(answer.reply, answer.size, std::span(unread_).subspan(before));
        answers_.pop_front();
    }
}

void LegacyConnection::on_death(Sender& sender) {
    if (sender.ends_at_byte) {
        return;
    }
    if (sender.pidfd.valid()) {
        owner_.loop_.forget(sender.pidfd.get(), sender);
        sender.pidfd.reset();
    }
    ++owner_.counters_.deaths;
    int waiting = 0;
    if (ioctl(fd_.get(), SIOCINQ, &waiting) != 0 || waiting < 0) {
        waiting = 0;
    }
    sender.ends_at_byte = bytes_read_ + static_cast<uint64_t>(waiting);
    any_dead_ = true;
    if (waiting == 0) {
        // Not at once: this may be called while a message of this very sender is taken in.
        owner_.loop_.at(0, [this, alive = std::weak_ptr<int>(alive_)] {
            if (!alive.expired()) {
                end_dead_senders();
            }
        });
    }
}

void LegacyConnection::end_dead_senders() {
    if (!any_dead_) {
        return;
    }
    any_dead_ = false;
    std::erase_if(senders_, [&](const std::unique_ptr<Sender>& sender) {
        if (!sender->ends_at_byte) {
            return false;
        }
        if (bytes_read_ < *sender->ends_at_byte) {
            any_dead_ = true;
            return false;
        }
        if (sender->id) {
            owner_.clients_.end_sender(*sender->id);
        }
        if (last_sender_ == sender.get()) {
            last_sender_ = nullptr;
        }
        return true;
    });
}

// The client has shut its side, or is gone.
void LegacyConnection::end_of_input() {
    input_ended_ = true;
    heavy = false;
    stream_.on_end(sink());
    set_deadline();
    if (stream_.in_the_middle()) {
        ++owner_.counters_.cut_messages;
    }
    for (const auto& sender : senders_) {
        if (sender->id) {
            owner_.clients_.end_sender(*sender->id);
            sender->id.reset();
        }
    }
    senders_.clear();
    last_sender_ = nullptr;
}

void LegacyConnection::set_deadline() {
    const std::optional<uint64_t> when = stream_.deadline_ns();
    if (timer_ && (!when || timer_->first != *when)) {
        owner_.loop_.cancel(*timer_);
        timer_.reset();
    }
    if (when && !timer_) {
        timer_ = owner_.loop_.at(*when, [this] {
            timer_.reset();
            stream_.on_deadline(owner_.loop_.now_ns(), sink());
            flush();
            update_interest();
        });
    }
    if (stream_.answered_in_wrong_size() && !said_wrong_size_) {
        said_wrong_size_ = true;
        ++owner_.counters_.wrong_size_answers;
    }
}

void LegacyConnection::flush() {
    size_t sent = 0;
    while (sent < unread_.size()) {
        const ssize_t put = send(fd_.get(), unread_.data() + sent, unread_.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put > 0) {
            sent += static_cast<size_t>(put);
        } else if (errno != EINTR) {
            if (errno != EAGAIN) {
                deaf_ = true;
                sent = unread_.size();
            }
            break;
        }
    }
    unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(sent));
}

void LegacyConnection::update_interest() {
    uint32_t wanted = 0;
    if (!input_ended_ && !is_full()) {
        wanted |= EPOLLIN;
    }
    if (!unread_.empty()) {
        wanted |= EPOLLOUT;
    }
    if (wanted != interest_) {
        interest_ = wanted;
        owner_.loop_.change(fd_.get(), wanted, *this);
    }
}

}  // namespace ttmem::server
