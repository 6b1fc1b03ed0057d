// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/socket_place.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace ttmem::server {
namespace {

constexpr int kBacklog = 1024;

std::string because(int why) {
    return std::string(": ") + std::strerror(why);
}

std::string lock_path(const std::string& path) {
    return path + ".lock";
}

UniqueFd make_socket() {
    return UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

std::optional<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return std::nullopt;
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

struct Answerer {
    bool there = false;
    pid_t pid = 0;             // 0 unknown
    std::optional<uid_t> uid;  // of the process
};

bool is_another_user(uid_t uid) {
    return uid != 0 && uid != geteuid();
}

// The owner of the file at the path, if that is another user.
std::optional<uid_t> squatter_at(const std::string& path) {
    struct stat found {};
    return lstat(path.c_str(), &found) == 0 && is_another_user(found.st_uid) ? std::optional(found.st_uid)
                                                                             : std::nullopt;
}

Error squatted(const std::string& path, uid_t uid, pid_t pid) {
    return {"user " + std::to_string(uid) + (pid > 0 ? " (pid " + std::to_string(pid) + ")" : std::string()) +
                " holds " + path + ", where the server's socket belongs",
            EPERM};
}

// Does a server accept connections at the path? A full queue means: yes.
Answerer who_answers(const sockaddr_un& address) {
    const UniqueFd probe = make_socket();
    if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return {errno == EAGAIN || errno == EACCES || errno == EPERM, 0, std::nullopt};
    }
    ucred who{};
    socklen_t size = sizeof who;
    if (getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
        return {true, 0, std::nullopt};
    }
    return {true, who.pid, who.uid};
}

Error taken(const std::string& path, const Answerer& by) {
    for (const std::string& held : {path, lock_path(path)}) {
        if (const std::optional<uid_t> squatter = squatter_at(held)) {
            return squatted(held, *squatter, by.pid);
        }
    }
    if (by.uid && is_another_user(*by.uid)) {
        return squatted(path, *by.uid, by.pid);
    }
    return {"another server" + (by.pid > 0 ? " (pid " + std::to_string(by.pid) + ")" : std::string()) + " is at " +
                path + "; stop it first, or choose another path with --socket",
            EADDRINUSE};
}

}  // namespace

Result<SocketPlace> SocketPlace::claim(const std::string& path, mode_t mode) {
    const std::optional<sockaddr_un> address = address_of(path);
    if (!address) {
        return Error{"the socket's path must have 1 to 107 bytes: " + path, ENAMETOOLONG};
    }
    SocketPlace place;
    place.path_ = path;

    // The lock's file is removed by the server that leaves, while it holds the lock. So a lock counts only if its file is still
    // the one at the path.
    struct stat locked {};
    struct stat there {};
    do {
        place.lock_.reset(open(lock_path(path).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
        if (!place.lock_.valid()) {
            const int why = errno;
            if (const Answerer by = who_answers(*address); by.there) {
                return taken(path, by);
            }
            if (const std::optional<uid_t> squatter = squatter_at(lock_path(path))) {
                return squatted(lock_path(path), *squatter, 0);
            }
            return Error{"cannot open " + lock_path(path) + because(why), why};
        }
        if (flock(place.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
            return taken(path, who_answers(*address));
        }
    } while (fstat(place.lock_.get(), &locked) != 0 || stat(lock_path(path).c_str(), &there) != 0 ||
             locked.st_ino != there.st_ino || locked.st_dev != there.st_dev);

    const auto give_up = [&](const std::string& message, int why) {
        place.listener_.reset();
        unlink(lock_path(path).c_str());
        return Error{message, why};
    };
    if (lstat(path.c_str(), &there) == 0) {
        if (is_another_user(there.st_uid)) {
            const Error error = squatted(path, there.st_uid, who_answers(*address).pid);
            return give_up(error.message, error.errno_value);
        }
        if (!S_ISSOCK(there.st_mode)) {
            return give_up(path + " is there and is no socket; it is left as it is", EEXIST);
        }
        if (const Answerer by = who_answers(*address); by.there) {
            const Error error = taken(path, by);
            return give_up(error.message, error.errno_value);
        }
        if (unlink(path.c_str()) != 0 && errno != ENOENT) {
            const int why = errno;
            return give_up("cannot remove the stale socket " + path + because(why), why);
        }
        place.replaced_stale_ = true;
    }
    place.listener_ = make_socket();
    // No client can connect before listen(), so the mode is in force from the first connection on.
    if (!place.listener_.valid() ||
        bind(place.listener_.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
        const int why = errno;
        return give_up("cannot make the socket " + path + because(why), why);
    }
    if (lstat(path.c_str(), &there) != 0 || chmod(path.c_str(), mode) != 0 ||
        listen(place.listener_.get(), kBacklog) != 0) {
        const int why = errno;
        unlink(path.c_str());
        return give_up("cannot listen on " + path + because(why), why);
    }
    place.device_ = there.st_dev;
    place.inode_ = there.st_ino;
    return place;
}

Result<SocketPlace> SocketPlace::given(UniqueFd listener) {
    SocketPlace place;
    sockaddr_un address{};
    socklen_t size = sizeof address;
    if (getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return Error{std::string("cannot use the given socket") + because(errno), errno};
    }
    address.sun_path[sizeof address.sun_path - 1] = '\0';
    place.path_ = address.sun_path;
    place.listener_ = std::move(listener);
    return place;
}

SocketPlace::~SocketPlace() {
    if (!listener_.valid() || !lock_.valid()) {
        return;
    }
    struct stat there {};
    if (lstat(path_.c_str(), &there) == 0 && there.st_ino == inode_ && there.st_dev == device_) {
        unlink(path_.c_str());
    }
    unlink(lock_path(path_).c_str());
}

}  // namespace ttmem::server
