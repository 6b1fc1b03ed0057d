// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A thread that is blocked in the kernel keeps its whole process from ending, so a program that looks once does not
// read by itself: a child reads the files and hands their text up a pipe, and the parent works on the text. What has
// not come up the pipe in time was late.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"
#include "telemetry/fields.hpp"
#include "telemetry/identity.hpp"
#include "telemetry/probe.hpp"
#include "telemetry/provider.hpp"
#include "telemetry/scan.hpp"

namespace ttmem::telemetry {
namespace {

using std::chrono::steady_clock;

// A message of the pipe; `path` and `text` follow it. Both ends are one program, so the layout is free.
struct Message {
    enum Kind : std::uint32_t { kFile = 1, kNames = 2, kDeviceDone = 3 };
    std::uint32_t kind;
    std::int32_t error;
    std::uint32_t path_size;
    std::uint32_t text_size;
};

constexpr char kBetweenNames = '\n';

// For one device, whose child gets no processor or whose files are slow.
constexpr int kMostWaits = 50;

// In the child: reads files, and passes their contents on.
class ForwardingReader final : public FileReader {
public:
    ForwardingReader(std::shared_ptr<FileReader> source, int pipe) : source_(std::move(source)), pipe_(pipe) {}

    FileText read(const std::string& path) override {
        FileText file = source_->read(path);
        tell(Message::kFile, file.error, path, file.text);
        return file;
    }
    FileNames list(const std::string& directory) override {
        FileNames names = source_->list(directory);
        std::string joined;
        for (const std::string& name : names.names) {
            joined += name;
            joined += kBetweenNames;
        }
        tell(Message::kNames, names.error, directory, joined);
        return names;
    }
    FileText link_target(const std::string& path) override { return source_->link_target(path); }
    std::uint64_t incarnation(const std::string& path) override { return source_->incarnation(path); }

    void device_done() { tell(Message::kDeviceDone, 0, {}, {}); }

private:
    void tell(Message::Kind kind, int error, const std::string& path, const std::string& text) {
        const Message head{kind, error, static_cast<std::uint32_t>(path.size()),
                           static_cast<std::uint32_t>(text.size())};
        std::string whole(sizeof head, '\0');
        std::memcpy(whole.data(), &head, sizeof head);
        whole += path;
        whole += text;
        for (std::size_t at = 0; at < whole.size();) {
            const ssize_t put = ::write(pipe_, whole.data() + at, whole.size() - at);
            if (put < 0 && errno == EINTR) {
                continue;
            }
            if (put < 0) {
                ::_exit(1);  // the parent is gone
            }
            at += static_cast<std::size_t>(put);
        }
    }

    std::shared_ptr<FileReader> source_;
    int pipe_;
};

// In the parent: answers from the child's report. Links and inode numbers come from the real file system: they do not
// block.
class ToldReader final : public FileReader {
public:
    explicit ToldReader(std::shared_ptr<FileReader> source) : source_(std::move(source)) {}

    FileText read(const std::string& path) override {
        const auto found = files_.find(path);
        return found == files_.end() ? FileText{ETIMEDOUT, {}} : found->second;
    }
    FileNames list(const std::string& directory) override {
        const auto found = names_.find(directory);
        return found == names_.end() ? FileNames{ETIMEDOUT, {}} : found->second;
    }
    FileText link_target(const std::string& path) override { return source_->link_target(path); }
    std::uint64_t incarnation(const std::string& path) override { return source_->incarnation(path); }

    // Takes whole messages off the front of `bytes`; returns how many devices were finished by them.
    std::size_t learn(std::string& bytes) {
        std::size_t done = 0;
        std::size_t at = 0;
        Message head{};
        while (bytes.size() - at >= sizeof head) {
            std::memcpy(&head, bytes.data() + at, sizeof head);
            const std::size_t whole = sizeof head + std::size_t{head.path_size} + head.text_size;
            if (bytes.size() - at < whole) {
                break;
            }
            const std::string path = bytes.substr(at + sizeof head, head.path_size);
            std::string text = bytes.substr(at + sizeof head + head.path_size, head.text_size);
            at += whole;
            if (head.kind == Message::kFile) {
                files_[path] = {head.error, std::move(text)};
            } else if (head.kind == Message::kNames) {
                FileNames& names = names_[path];
                names.error = head.error;
                for (std::size_t from = 0; from < text.size();) {
                    const std::size_t end = text.find(kBetweenNames, from);
                    names.names.push_back(text.substr(from, end - from));
                    from = end + 1;
                }
            } else {
                ++done;
            }
        }
        bytes.erase(0, at);
        return done;
    }

private:
    std::shared_ptr<FileReader> source_;
    std::map<std::string, FileText> files_;
    std::map<std::string, FileNames> names_;
};

[[noreturn]] void child_main(const std::vector<Node>& nodes, std::size_t first, const Options& options, int pipe) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // A program that reads the parent's output to its end must not wait for a child that hangs, and no lock is to be kept
    // alive here.
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {0, 1, 2}) {
        if (fd != pipe) {
            ::dup2(nothing, fd);
        }
    }
    if (pipe > 3) {
        ::close_range(3, static_cast<unsigned>(pipe) - 1, 0);
    }
    ::close_range(static_cast<unsigned>(pipe) + 1, ~0U, 0);
    try {
        const auto reader = std::make_shared<ForwardingReader>(options.reader, pipe);
        Options own = options;
        own.reader = reader;
        for (std::size_t i = first; i < nodes.size(); ++i) {
            Probe probe(nodes[i], own);
            DeviceTelemetry scratch;
            probe.read_open_part(scratch);
            probe.read_held_part(scratch);
            reader->device_done();
        }
    } catch (const std::exception&) {
        ::_exit(1);
    }
    ::_exit(0);
}

struct Child {
    pid_t pid = -1;
    UniqueFd pipe;
};

Child start_child(const std::vector<Node>& nodes, std::size_t first, const Options& options) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return {};
    }
    Child child;
    child.pipe.reset(ends[0]);
    UniqueFd writing(ends[1]);
    // The child runs none of the host's signal handlers.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    child.pid = ::fork();
    if (child.pid == 0) {
        child_main(nodes, first, options, writing.get());
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return child;
}

// Kills it; a child that the kernel holds is left to init or to the end of this process.
void end_child(const Child& child, bool came_to_its_end) {
    if (child.pid <= 0) {
        return;
    }
    if (!came_to_its_end) {
        ::kill(child.pid, SIGKILL);
    }
    for (int tries = 0; tries < 20; ++tries) {
        if (::waitpid(child.pid, nullptr, WNOHANG) != 0) {
            return;
        }
        ::poll(nullptr, 0, 1);
    }
}

// Whether a child that is silent waits for something, the kernel's answer most likely. Else it waits for a processor
// (R) or was stopped (T).
bool is_held(pid_t child) {
    const UniqueFd stat(::open(("/proc/" + std::to_string(child) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 256> text;
    const ssize_t got = stat.valid() ? ::read(stat.get(), text.data(), text.size()) : -1;
    const std::string_view line(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    const std::size_t state = line.rfind(") ");
    return state == std::string_view::npos || state + 2 >= line.size() ||
           std::string_view("RTt").find(line[state + 2]) == std::string_view::npos;
}

// The time that it has had a processor; a kernel that spins counts.
std::chrono::nanoseconds time_of(pid_t child) {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(child, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
        return {};
    }
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Lets a child read devices from `first` on; returns how many it finished before one was late (or it died).
std::size_t read_through_child(const std::vector<Node>& nodes, std::size_t first, const Options& options,
                               std::chrono::milliseconds wait, ToldReader& told) {
    const Child child = start_child(nodes, first, options);
    if (child.pid <= 0) {
        return 0;
    }
    std::size_t done = 0;
    std::string bytes;
    std::array<char, 16384> piece;
    auto deadline = steady_clock::now() + wait;
    auto end = steady_clock::now() + kMostWaits * wait;
    std::chrono::nanoseconds had{};  // of a processor, before the device under way
    while (first + done < nodes.size()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
        pollfd wanted{child.pipe.get(), POLLIN, 0};
        const int ready = ::poll(&wanted, 1, left.count() < 0 ? 0 : static_cast<int>(left.count()) + 1);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        const auto now = steady_clock::now();
        if (ready < 0 || now > end) {
            break;
        }
        if (ready == 0) {
            // Late. If it was not let run, that is the machine's doing and not the device's.
            if (is_held(child.pid) || time_of(child.pid) - had > wait) {
                break;
            }
            deadline = now + wait;
            continue;
        }
        const ssize_t got = ::read(child.pipe.get(), piece.data(), piece.size());
        if (got <= 0) {
            break;
        }
        bytes.append(piece.data(), static_cast<std::size_t>(got));
        if (const std::size_t finished = told.learn(bytes); finished > 0) {
            done += finished;
            deadline = now + wait;
            end = now + kMostWaits * wait;
            had = time_of(child.pid);
        }
    }
    end_child(child, first + done == nodes.size());
    return done;
}

}  // namespace

Snapshot read_once(const Options& given, std::chrono::milliseconds wait) {
    const Options options = completed(given);
    Snapshot out;
    read_driver_version(options, out.driver_version);
    const std::vector<Node> nodes = scan_nodes(*options.reader, options.sysfs_root);
    const auto told = std::make_shared<ToldReader>(options.reader);
    std::vector<bool> late(nodes.size(), false);
    for (std::size_t first = 0; first < nodes.size();) {
        first += read_through_child(nodes, first, options, wait, *told);
        if (first < nodes.size()) {
            late[first++] = true;
        }
    }

    Options replay = options;
    replay.reader = told;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        Probe probe(nodes[i], replay);
        DeviceTelemetry& device = out.devices.emplace_back();
        probe.read_open_part(device);
        probe.read_held_part(device);
        if (late[i]) {
            device.condition = Condition::kBlocked;
            device.waiting_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(wait).count());
        }
        device.pids_in_opener_namespace = lists_opener_pids(out.driver_version);
        widen(device.extremes, device);
    }
    std::vector<const DeviceTelemetry*> devices;
    for (const DeviceTelemetry& device : out.devices) {
        devices.push_back(&device);
    }
    const std::vector<std::string> keys = identity_keys(devices);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        out.devices[i].key = keys[i].empty() ? place_key(out.devices[i].pci, nodes[i].index) : keys[i];
    }
    out.taken_at_ns = options.now_ns();
    return out;
}

}  // namespace ttmem::telemetry
