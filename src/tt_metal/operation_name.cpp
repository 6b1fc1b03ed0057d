// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/operation_name.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/errno_keeper.hpp"
#include "base/host_line.hpp"
#include "base/operation_names.hpp"
#include "base/ttnn_files.hpp"

namespace ttmem::tt_metal {

namespace {

static_assert(kMostOperationLines + 2 == client::kContextNameWays);

constexpr uint32_t kNotRead = ~uint32_t{0};
constexpr uint32_t kPathBytes = 1024;
constexpr char kVariable[] = "TT_ALLOC_OPERATIONS";

std::atomic<uint32_t> g_way{kNotRead};

// The folder of the ttnn package, from the file of its decorators: written once, by the thread that sees it first.
char g_library[kPathBytes];
std::atomic<uint32_t> g_library_state{0};
constexpr uint32_t kBeingWritten = 1;
constexpr uint32_t kWritten = 2;

void say_that_it_means_nothing(const char* value) noexcept {
    char line[512];
    const int bytes = std::snprintf(line, sizeof line, "ttmem: %s=%.128s %s; operations are not named\n", kVariable,
                                    value, kOperationValues);
    if (bytes > 0) {
        write_host_line(line, std::min(static_cast<size_t>(bytes), sizeof line - 1));
    }
}

// An absolute path without ".", ".." and repeated slashes; of a relative file below `below`. Empty: it has no room.
class Path {
public:
    Path(const char* file, const char* below) noexcept {
        if (file[0] != '/') {
            add(below);
        }
        add(file);
        if (used_ == 0) {
            text_[used_++] = '/';
        }
        text_[used_] = '\0';
    }
    std::string_view text() const noexcept { return {text_, used_}; }

private:
    void add(std::string_view path) noexcept {
        while (!path.empty()) {
            const size_t end = std::min(path.find('/'), path.size());
            const std::string_view part = path.substr(0, end);
            path.remove_prefix(std::min(end + 1, path.size()));
            if (part == "..") {
                while (used_ > 0 && text_[--used_] != '/') {
                }
            } else if (!part.empty() && part != "." && used_ + part.size() + 2 < sizeof text_) {
                text_[used_++] = '/';
                std::memcpy(text_ + used_, part.data(), part.size());
                used_ += static_cast<uint32_t>(part.size());
            }
        }
    }

    char text_[2 * kPathBytes];
    uint32_t used_ = 0;
};

std::string_view parent_of(std::string_view path) noexcept {
    return path.substr(0, std::max<size_t>(path.rfind('/'), 1));
}

// The rest of a path below a folder; empty: it does not lie there.
std::string_view rest_below(std::string_view path, std::string_view folder) noexcept {
    if (folder == "/") {
        return path.substr(1);
    }
    const bool lies_there =
        !folder.empty() && path.size() > folder.size() + 1 && path.starts_with(folder) && path[folder.size()] == '/';
    return lies_there ? path.substr(folder.size() + 1) : std::string_view();
}

void note_library(const char* decorators, const char* below) noexcept {
    uint32_t none = 0;
    if (g_library_state.load(std::memory_order_relaxed) != 0 ||
        !g_library_state.compare_exchange_strong(none, kBeingWritten, std::memory_order_acquire)) {
        return;
    }
    const Path path(decorators, below);
    const std::string_view folder = parent_of(path.text());
    const size_t bytes = std::min(folder.size(), sizeof g_library - 1);
    std::memcpy(g_library, folder.data(), bytes);
    g_library_state.store(kWritten, std::memory_order_release);
}

bool is_of_ttnn(const char* file, const char* below) noexcept {
    return g_library_state.load(std::memory_order_acquire) == kWritten ? is_in_folder(file, g_library, below)
                                                                       : is_ttnn_file(file);
}

}  // namespace

uint32_t operation_way() noexcept {
    const uint32_t known = g_way.load(std::memory_order_relaxed);
    if (known != kNotRead) [[likely]] {
        return known;
    }
    const char* value = std::getenv(kVariable);
    const auto asked = operation_names(value == nullptr ? "" : value);
    const uint32_t way = asked.value_or(0);
    uint32_t expected = kNotRead;
    if (!g_way.compare_exchange_strong(expected, way, std::memory_order_relaxed)) {
        return expected;
    }
    if (!asked) {
        say_that_it_means_nothing(value);
    }
    client::set_context_names(way);
    return way;
}

bool name_operations(const char* value) noexcept {
    const auto way = operation_names(value);
    if (!way) {
        return false;
    }
    g_way.store(*way, std::memory_order_relaxed);
    client::set_context_names(*way);
    return true;
}

uint32_t place_text(const char* file, uint32_t line, const char* below, char* to, uint32_t room) noexcept {
    const Path path(file, below);
    const Path folder(below, "");
    const std::string_view whole = path.text();
    std::string_view shown = below[0] == '\0' ? std::string_view() : rest_below(whole, folder.text());
    if (shown.empty() || shown.starts_with("..")) {
        const size_t name = whole.rfind('/');
        const size_t before = name == 0 ? std::string_view::npos : whole.rfind('/', name - 1);
        shown = before == std::string_view::npos ? whole : whole.substr(before + 1);
    }
    const int bytes = std::snprintf(to, room, "%.*s:%u", static_cast<int>(shown.size()), shown.data(), line);
    return bytes < 0 ? 0 : std::min(static_cast<uint32_t>(bytes), room - 1);
}

bool is_in_folder(const char* file, const char* folder, const char* below) noexcept {
    const Path path(file, below);
    return !rest_below(path.text(), folder).empty();
}

OperationName::OperationName(const python_frames::RawFrame* frames, uint32_t count, const char* native,
                             bool in_scope) noexcept
    : way_(operation_way()) {
    if (way_ == 0) {
        return;
    }
    const ErrnoKeeper keeper;
    char below[kPathBytes];
    if (getcwd(below, sizeof below) == nullptr) {
        below[0] = '\0';  // the folder is gone
    }
    python_frames::FrameText text;
    uint32_t caller = count;  // of the outermost operation
    while (caller > 0 && text_[0] == '\0') {
        --caller;
        if (python_frames::describe(frames[caller], text) && text.operation[0] != '\0') {
            std::snprintf(text_, sizeof text_, "%s", text.operation);
            note_library(text.file, below);
            after_scope_ = in_scope;
            ++caller;
        }
    }
    if (text_[0] == '\0') {
        std::snprintf(text_, sizeof text_, "%s", native);
    }
    bytes_of_operation_ = static_cast<uint32_t>(std::strlen(text_));
    if (text_[0] == '\0') {
        return;
    }
    uint32_t used = bytes_of_operation_;
    uint32_t lines = 0;
    for (; caller < count && lines + 1 < way_; ++caller) {
        char place[kPathBytes];
        if (!python_frames::describe(frames[caller], text) || is_of_ttnn(text.file, below)) {
            continue;
        }
        const uint32_t bytes = place_text(text.file, text.line, below, place, sizeof place);
        if (used + bytes + 5 > sizeof text_) {
            break;
        }
        used += static_cast<uint32_t>(
            std::snprintf(text_ + used, sizeof text_ - used, "%s%s", lines == 0 ? " (" : " < ", place));
        ++lines;
    }
    if (lines > 0) {
        text_[used] = ')';
        text_[used + 1] = '\0';
    }
}

}  // namespace ttmem::tt_metal
