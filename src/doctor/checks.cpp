// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "doctor/checks.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/clean_text.hpp"
#include "base/small_file.hpp"
#include "doctor/reach.hpp"
#include "doctor/ttnn.hpp"
#include "inventory/inventory.hpp"
#include "inventory/ledger_directory.hpp"
#include "inventory/procfs.hpp"
#include "ledger/write/ledger_file.hpp"
#include "telemetry/parse.hpp"
#include "tt_metal/release/known_releases.hpp"

namespace ttmem::doctor {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMebi = 1024 * 1024;
constexpr uint64_t kLedgerBytes = 2 * kMebi;  // of a process before its first buffer
constexpr uint64_t kRoomyBytes = 32 * kMebi;  // for many processes
constexpr long kTmpfsMagic = 0x01021994;      // linux/magic.h
constexpr const char* kPlaces =
    "name a virtual environment, a site-packages folder, a tt-metal build or a libtt_metal.so";
constexpr const char* kDriverPlace = "https://github.com/tenstorrent/tt-kmd";

std::string text_of(const std::string& path) {
    constexpr size_t kMost = 64 * 1024;
    const Result<std::string> read = read_regular_file(path, kMost);
    const std::string text = read ? read.value() : "";
    return clean_text(text.substr(0, text.find_first_of("\r\n")));
}

// PCI functions of Tenstorrent, whether or not a driver has them.
size_t count_functions(const std::string& sysfs_root) {
    size_t count = 0;
    std::error_code error;
    for (fs::directory_iterator it(sysfs_root + "/bus/pci/devices", error), end; !error && it != end;
         it.increment(error)) {
        count += text_of(it->path().string() + "/vendor") == "0x1e52" ? 1 : 0;
    }
    return count;
}

std::string counted(size_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

Finding driver_finding(const Places& places, const std::optional<std::string>& version) {
    const size_t functions = count_functions(places.sysfs_root);
    if (!version) {
        if (functions > 0) {
            return {
                "driver", Level::kProblem,
                "tt-kmd is not loaded, and there are " + counted(functions, "Tenstorrent card", "Tenstorrent cards"),
                std::string("load it (modprobe tenstorrent) or install it from ") + kDriverPlace};
        }
        return {"driver", Level::kNote, "tt-kmd is not loaded and no Tenstorrent card is seen",
                "nothing, for mock clusters; with a card, check that it sits in its slot (lspci -d 1e52:)"};
    }
    const auto numbers = telemetry::parse_driver_version(*version);
    const std::string text = "tt-kmd " + *version;
    const auto before = [&](int major, int minor) {
        return numbers && std::pair((*numbers)[0], (*numbers)[1]) < std::pair(major, minor);
    };
    if (before(2, 5)) {
        return {"driver", Level::kWarning, text + ": it does not report which processes have a card open",
                "update tt-kmd to 2.9 or later"};
    }
    if (before(2, 9)) {
        return {"driver", Level::kNote, text + ": while a card is reset its sensors read as junk (shown as link_down)",
                "update tt-kmd to 2.9 or later"};
    }
    return {"driver", Level::kOk, text, ""};
}

Finding device_finding(const Places& places, const api::Device& device) {
    const std::string number = device.kmd_index ? std::to_string(*device.kmd_index) : "?";
    const std::string topic = "card " + number;
    std::string text = device.board.empty() ? "unknown board" : device.board;
    text += device.pci ? " at " + *device.pci : "";
    const std::string& condition = device.telemetry->condition;
    const std::string node = places.device_folder + "/" + number;
    if (condition == "blocked" || condition == "in_reset") {
        return {topic, Level::kWarning,
                text + ": " + (condition == "blocked" ? "the driver holds reads back" : "in reset"),
                "wait some seconds; if it stays so, reset the card (tt-smi -r " + number + ")"};
    }
    if (condition != "ok" && condition != "starting") {
        return {topic, Level::kProblem, text + ": " + condition,
                condition == "no_firmware" ? "the firmware does not answer: reset the card (tt-smi -r " + number +
                                                 "), else flash it again (tt-flash)"
                                           : "reset the card (tt-smi -r " + number + ") or the machine"};
    }
    struct stat status {};
    if (stat(node.c_str(), &status) != 0) {
        return {topic, Level::kProblem, text + ": there is no " + node,
                "in a container, pass it in (--device " + node + "); else look at udev's rules of tt-kmd"};
    }
    if (access(node.c_str(), R_OK | W_OK) != 0) {
        return {topic, Level::kProblem, text + ": you may not open " + node,
                "tt-kmd's udev rule gives it mode 0666; install the rule or become a member of its group"};
    }
    return {topic, Level::kOk, text, ""};
}

Finding room_finding(const std::string& base) {
    struct statvfs room {};
    struct statfs system {};
    if (statvfs(base.c_str(), &room) != 0 || statfs(base.c_str(), &system) != 0) {
        return {"ledgers", Level::kProblem, base + ": " + std::strerror(errno),
                "make the folder, or name another one in TT_ALLOC_LEDGER_DIR (for programs and tools alike)"};
    }
    const uint64_t free = uint64_t{room.f_bavail} * room.f_frsize;
    const std::string text = base + ": " + std::to_string(free / kMebi) + " MiB free";
    if (access(base.c_str(), W_OK | X_OK) != 0) {
        return {"ledgers", Level::kProblem, base + ": you may not write there",
                "programs of yours run untracked; name a folder of yours in TT_ALLOC_LEDGER_DIR"};
    }
    if (free < kLedgerBytes) {
        return {"ledgers", Level::kProblem, text + ", and a process needs 2",
                "make room; in a container, start it with a larger /dev/shm (--shm-size)"};
    }
    if (free < kRoomyBytes || free < ledger::kept_free(uint64_t{room.f_blocks} * room.f_frsize)) {
        return {"ledgers", Level::kWarning, text + ", about 2 a process",
                "make room, or ledgers list only their first buffers; in a container, start it with a larger /dev/shm "
                "(--shm-size)"};
    }
    if (system.f_type != kTmpfsMagic) {
        return {"ledgers", Level::kWarning, text + ", and it is no tmpfs: tracking will write to a disk",
                "name a folder in memory in TT_ALLOC_LEDGER_DIR, or leave it unset"};
    }
    return {"ledgers", Level::kOk, text + ", in memory", ""};
}

std::string known_releases() {
    return std::string("use a release from ") + tt_metal::kOldestRelease + " to " + tt_metal::kNewestRelease;
}

// Of a release that ttmem was not tried with: how much of it the library file alone verifies.
std::string verified(const Ttnn& ttnn) {
    std::string text = std::string("; it is newer than ") + tt_metal::kNewestRelease +
                       ", the newest that was tried: all functions that tracking needs are there";
    for (const std::string& what : ttnn.probed) {
        text += ", " + what + " are checked in the process before they are shown";
    }
    for (const std::string& what : ttnn.unreadable) {
        text += ", " + what + " cannot be read";
    }
    return text;
}

}  // namespace

std::string_view to_string(Level level) {
    switch (level) {
        case Level::kOk:
            return "ok";
        case Level::kNote:
            return "note";
        case Level::kWarning:
            return "warning";
        case Level::kProblem:
            return "problem";
    }
    return "note";
}

std::vector<Finding> check_driver(const Places& places) {
    std::vector<Finding> findings;
    inventory::Inventory inventory({places.ledger_base, inventory::TelemetryUse::kOnce});
    const auto model = inventory.refresh();
    findings.push_back(driver_finding(places, model->driver_version));
    for (const api::Device& device : model->devices) {
        if (device.telemetry) {
            findings.push_back(device_finding(places, device));
        }
    }
    const size_t functions = count_functions(places.sysfs_root);
    const size_t cards = findings.size() - 1;
    if (model->driver_version && functions > cards) {
        findings.push_back({"driver", Level::kProblem,
                            "of " + counted(functions, "Tenstorrent card", "Tenstorrent cards") + " the driver shows " +
                                std::to_string(cards),
                            "look at the kernel's log (dmesg | grep tenstorrent)"});
    }
    return findings;
}

std::vector<Finding> check_ledgers(const Places& places) {
    const std::string base = places.ledger_base.empty() ? inventory::default_base_directory() : places.ledger_base;
    std::vector<Finding> findings{room_finding(base)};
    if (findings[0].level == Level::kProblem && access(base.c_str(), F_OK) != 0) {
        return findings;
    }
    const inventory::FoundLedgers found = inventory::find_ledgers(base);
    for (const std::string& notice : found.notices) {
        findings.push_back({"ledgers", Level::kWarning, notice,
                            "it is not counted; its owner should remove it; it may not have been made by ttmem"});
    }
    for (const pid_t pid : inventory::processes_with_removed_ledgers()) {
        findings.push_back({"ledgers", Level::kWarning,
                            "process " + std::to_string(pid) + " (" + inventory::read_command_name(pid) +
                                ") writes into a ledger that was removed: what it holds is not seen",
                            "it makes a new one after its next some thousand allocations; systemd-logind removes a "
                            "user's at the last logout (RemoveIPC=no in logind.conf keeps them)"});
    }
    size_t files = 0;
    for (const inventory::LedgerDirectory& directory : found.directories) {
        files += directory.ledgers.size();
    }
    findings.push_back({"ledgers", Level::kOk,
                        counted(files, "ledger", "ledgers") + " of " +
                            counted(found.directories.size(), "user", "users") + " can be read",
                        ""});
    return findings;
}

std::vector<Finding> check_server(const Places& places) {
    std::vector<Finding> findings;
    const auto say = [&](const std::string& what, const Reached& reached, const char* remedy) {
        switch (reached.answer) {
            case Answer::kAnswers:
                findings.push_back({"server", Level::kOk, "answers at " + what, ""});
                break;
            case Answer::kAbsent:
                findings.push_back({"server", Level::kNote, "none at " + what, remedy});
                break;
            case Answer::kRefused:
                findings.push_back({"server", Level::kWarning, what + ": " + reached.why,
                                    "start it again: ttmem server (a stale socket is taken over)"});
                break;
            case Answer::kSilent:
                findings.push_back({"server", Level::kProblem, what + " takes connections and does not answer",
                                    "end the process that has it and start ttmem server again"});
                break;
        }
    };
    say(places.server_socket, reach_socket(places.server_socket, places.server_patience_ms),
        "needed only by instrumented builds that report to it: ttmem server");
    if (!places.http.empty()) {
        say("http://" + places.http, reach_http(places.http, places.server_patience_ms),
            "needed for metrics and history alone: ttmem server");
    }
    return findings;
}

std::vector<Finding> check_tracking(const Places& places) {
    std::vector<Finding> findings;
    if (places.hooks) {
        findings.push_back({"hooks", Level::kOk, places.hooks.value(), ""});
    } else {
        findings.push_back({"hooks", Level::kProblem, places.hooks.error().message,
                            "build or install it, or name it in TTMEM_HOOKS_LIBRARY"});
    }
    const std::vector<Ttnn> installations = find_ttnn(places.ttnn);
    for (const Ttnn& ttnn : installations) {
        const std::string name = "ttnn " + (ttnn.release.empty() ? "of unknown release" : ttnn.release);
        const std::string where = " (" + ttnn.library + ", found by " + ttnn.found_by + ")";
        if (!ttnn.trackable) {
            findings.push_back({"ttnn", Level::kProblem, name + " cannot be tracked: " + ttnn.problem + where,
                                known_releases() + ", or a newer ttmem"});
        } else if (ttnn.reports_itself) {
            findings.push_back({"ttnn", Level::kOk, name + " reports by itself, the hooks stay off in it" + where, ""});
        } else if (!ttnn.programs) {
            findings.push_back({"ttnn", Level::kWarning,
                                name + " can be tracked as " + ttnn.family +
                                    ", its buffers alone: circular buffers and kernels cannot" + where,
                                known_releases() + " to see those too"});
        } else {
            const char* how =
                ttnn.has_switch ? "; the ttmem package is beside it, TT_ALLOC_TRACKING_ENABLED=1 is enough" : "";
            findings.push_back(
                {"ttnn", ttnn.newer ? Level::kNote : Level::kOk,
                 name + " can be tracked as " + ttnn.family + how + (ttnn.newer ? verified(ttnn) : "") + where,
                 ttnn.newer ? "a newer ttmem may know this release" : ""});
        }
    }
    for (const std::string& place : places.ttnn) {
        std::error_code error;
        if (!fs::exists(place, error)) {
            findings.push_back({"ttnn", Level::kProblem, place + ": there is no such file or folder", kPlaces});
        } else if (libraries_at(place).empty()) {
            findings.push_back({"ttnn", Level::kProblem, place + ": no ttnn is in it", kPlaces});
        }
    }
    if (installations.empty() && places.ttnn.empty()) {
        findings.push_back({"ttnn", Level::kNote, "no ttnn was found",
                            "name where it is: ttmem doctor VENV, or activate its environment first"});
    }
    return findings;
}

std::vector<Finding> examine(const Places& places) {
    std::vector<Finding> all;
    for (const auto& check :
         {check_driver, check_ledgers, check_stacks, check_containers, check_server, check_tracking}) {
        for (Finding& finding : check(places)) {
            all.push_back(std::move(finding));
        }
    }
    return all;
}

}  // namespace ttmem::doctor
