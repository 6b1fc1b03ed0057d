// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Flame graphs as one picture without script: callers stand above what they call, the width is the bytes.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "base/saturate.hpp"
#include "output/text.hpp"
#include "report/write.hpp"

namespace ttmem::report {

namespace {

constexpr double kWidth = 1200, kMargin = 10, kRow = 20, kLetter = 6.7, kHead = 30;
constexpr double kLeast = 0.4;        // narrower boxes are left out
constexpr size_t kMostDepth = 256;    // deeper frames are left out
constexpr size_t kMostBoxes = 50000;  // of all graphs together

struct Frame {
    uint64_t bytes = 0;
    uint64_t buffers = 0;
    std::map<std::string, std::unique_ptr<Frame>, std::less<>> below;
};

// The text as UTF-8 that XML may hold: bad characters are replaced, and markup is escaped.
std::string escaped(std::string_view text) {
    const std::string printable = monitor::printable(text);
    std::string safe;
    for (size_t at = 0; at < printable.size(); ++at) {
        // XML forbids U+FFFE and U+FFFF.
        const std::string_view three = std::string_view(printable).substr(at, 3);
        if (three == "\xef\xbf\xbe" || three == "\xef\xbf\xbf") {
            safe += '?';
            at += 2;
            continue;
        }
        switch (printable[at]) {
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '&':
                safe += "&amp;";
                break;
            case '"':
                safe += "&quot;";
                break;
            default:
                safe += printable[at];
        }
    }
    return safe;
}

// "attention (/a/b/model.py:12)" without the folder.
std::string short_name(const std::string& name) {
    const size_t begin = name.rfind(" (");
    const size_t slash = name.rfind('/');
    return begin == std::string::npos || slash == std::string::npos || slash < begin || !name.ends_with(')')
               ? name
               : name.substr(0, begin + 2) + name.substr(slash + 1);
}

class Picture {
public:
    void add(const std::string& title, const Holders& holders);
    std::string take() const;

private:
    void draw(const std::string& name, const Frame& frame, double x, double width, size_t depth, uint64_t whole);

    std::string body_;
    double top_ = 0;
    size_t deepest_ = 0;
    size_t boxes_ = 0;
};

void Picture::draw(const std::string& name, const Frame& frame, double x, double width, size_t depth, uint64_t whole) {
    if (width < kLeast || depth > kMostDepth || boxes_ >= kMostBoxes) {
        return;
    }
    ++boxes_;
    deepest_ = std::max(deepest_, depth);
    // A frame of a file is a line of the program, what ends a stack an operation, and the others are scopes.
    const bool is_line = name.ends_with(')') && name.find(" (") != std::string::npos;
    const char* const kind = depth == 0 ? "r" : is_line ? "l" : frame.below.empty() ? "o" : "s";
    const double y = top_ + kRow * static_cast<double>(depth);
    char numbers[192];
    std::snprintf(numbers, sizeof numbers, "<rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%.0f\" rx=\"2\"/>", x,
                  y, std::max(width - 0.6, 0.2), kRow - 1);
    body_ += "<g class=\"" + std::string(kind) + "\"><title>" + escaped(name) + "\n" +
             monitor::exact_bytes(frame.bytes) + ", " + monitor::percent(frame.bytes, whole) + ", " +
             std::to_string(frame.buffers) + " buffers</title>" + numbers;
    const auto room = static_cast<size_t>(std::max(0.0, (width - 6) / kLetter));
    if (room > 2) {
        std::snprintf(numbers, sizeof numbers, "<text x=\"%.2f\" y=\"%.0f\">", x + 4, y + 14);
        body_ += numbers + escaped(monitor::cut(monitor::printable(short_name(name)), room)) + "</text>";
    }
    body_ += "</g>\n";
    std::vector<std::pair<const std::string*, const Frame*>> below;
    for (const auto& [below_name, child] : frame.below) {
        below.emplace_back(&below_name, child.get());
    }
    std::stable_sort(below.begin(), below.end(),
                     [](const auto& a, const auto& b) { return a.second->bytes > b.second->bytes; });
    for (const auto& [below_name, child] : below) {
        const double share =
            frame.bytes == 0 ? 0 : width * static_cast<double>(child->bytes) / static_cast<double>(frame.bytes);
        draw(*below_name, *child, x, share, depth + 1, whole);
        x += share;
    }
}

void Picture::add(const std::string& title, const Holders& holders) {
    Frame root;
    for (const Holder& holder : holders) {
        Frame* at = &root;
        saturating_add(at->bytes, holder.bytes);
        at->buffers += holder.buffers;
        std::string_view stack = holder.name ? std::string_view(*holder.name) : "(unknown)";
        for (size_t depth = 0; !stack.empty() && depth < kMostDepth; ++depth) {
            const size_t end = std::min(stack.find(';'), stack.size());
            std::unique_ptr<Frame>& below = at->below[std::string(stack.substr(0, end))];
            below = below ? std::move(below) : std::make_unique<Frame>();
            at = below.get();
            saturating_add(at->bytes, holder.bytes);
            at->buffers += holder.buffers;
            stack.remove_prefix(std::min(end + 1, stack.size()));
        }
    }
    char place[64];
    std::snprintf(place, sizeof place, "<text class=\"h\" x=\"%.0f\" y=\"%.0f\">", kMargin, top_ + 20);
    body_ += place + escaped(title) + "</text>\n";
    top_ += kHead;
    deepest_ = 0;
    draw("all", root, kMargin, kWidth - 2 * kMargin, 0, root.bytes);
    top_ += kRow * static_cast<double>(deepest_ + 1) + kMargin;
}

std::string Picture::take() const {
    char head[256];
    std::snprintf(
        head, sizeof head,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n", kWidth,
        top_ + kMargin, kWidth, top_ + kMargin);
    return head +
           std::string(
               "<style>svg{background:#fff;font:12px ui-monospace,DejaVu Sans Mono,monospace}text{fill:#14181f;pointer-"
               "events:none}.h{font:600 15px system-ui,sans-serif;fill:#1b2230}.r rect{fill:#c9d0da}.s "
               "rect{fill:#7fc9b2}.l rect{fill:#8ec5ea}.o rect{fill:#f0b95b}g:hover rect{stroke:#1b2230}@media(prefers-"
               "color-scheme:dark){svg{background:#151b23}.h{fill:#e4e9f0}g:hover rect{stroke:#fff}}</style>\n") +
           body_ + "</svg>\n";
}

}  // namespace

std::string report_flame_svg(const Report& report, std::string_view list) {
    const std::string what = list == kFoldedWords[0]   ? "Held at the peak"
                             : list == kFoldedWords[1] ? "Never freed by the program"
                             : list == kFoldedWords[2] ? "Short-lived"
                                                       : "Allocated, ever";
    Picture picture;
    for (const FoldedGraph& graph : folded_graphs(report, list)) {
        picture.add(what + (graph.root.empty() ? "" : " of " + graph.root) +
                        (graph.process.empty() ? "" : ", " + graph.process),
                    *graph.holders);
    }
    return picture.take();
}

}  // namespace ttmem::report
