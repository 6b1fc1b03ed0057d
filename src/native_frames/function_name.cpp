// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "native_frames/function_name.hpp"

#include <cxxabi.h>

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace ttmem::native_frames {

namespace {

constexpr size_t kMostSymbolBytes = 4096;
constexpr std::string_view kOperator = "operator";
constexpr std::string_view kUnnamed = "(anonymous namespace)";

bool is_of_a_name(char character) noexcept {
    return std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '_' || character == '$';
}

// Bytes of the operator's name that `text` begins with: of its symbol, or of "operator" and the space before a type or
// before new and delete. 0: it begins with none.
size_t operator_bytes(std::string_view text) noexcept {
    if (!text.starts_with(kOperator) || (text.size() > kOperator.size() && is_of_a_name(text[kOperator.size()]))) {
        return 0;
    }
    const std::string_view rest = text.substr(kOperator.size());
    if (rest.starts_with("()") || rest.starts_with("[]")) {
        return kOperator.size() + 2;
    }
    size_t symbols = 0;
    while (symbols < rest.size() && symbols < 3 && std::strchr("+-*/%^&|~!=<>,", rest[symbols]) != nullptr) {
        ++symbols;
    }
    if (symbols == 0 && rest.starts_with(" ")) {
        symbols = 1;
    }
    return kOperator.size() + symbols;
}

// Where the bracket at `open` is closed; the text's end where it is not.
size_t behind_bracket(std::string_view text, size_t open) noexcept {
    const char opening = text[open];
    const char closing = opening == '(' ? ')' : '>';
    size_t depth = 0;
    for (size_t i = open; i < text.size(); ++i) {
        if (text[i] == opening) {
            ++depth;
        } else if (text[i] == closing && text[i - 1] != '-' && --depth == 0) {
            return i + 1;
        }
    }
    return text.size();
}

// Bytes of " const", " &" and the like that `text`, after the arguments of a function, begins with.
size_t qualifier_bytes(std::string_view text) noexcept {
    size_t bytes = 0;
    for (bool found = true; found;) {
        found = false;
        for (const std::string_view qualifier : {" const", " volatile", " &&", " &"}) {
            if (text.substr(bytes).starts_with(qualifier)) {
                bytes += qualifier.size();
                found = true;
            }
        }
    }
    return bytes;
}

// The scopes and the name that a mangled name of nested scopes begins with, "a::b" of "_ZN1a1bI...": for what the
// demangler does not know. False: fewer than two are there.
bool join_scopes(const char* symbol, char* to, size_t room) noexcept {
    if (std::strncmp(symbol, "_ZN", 3) != 0) {
        return false;
    }
    const char* at = symbol + 3;
    size_t used = 0;
    size_t scopes = 0;
    while (std::isdigit(static_cast<unsigned char>(*at)) != 0) {
        char* name = nullptr;
        const unsigned long bytes = std::strtoul(at, &name, 10);
        if (bytes == 0 || bytes > kMostSymbolBytes || strnlen(name, bytes) < bytes) {
            break;
        }
        const size_t separator = scopes == 0 ? 0 : 2;
        if (used + separator + bytes >= room) {
            break;
        }
        std::memcpy(to + used, "::", separator);
        std::memcpy(to + used + separator, name, bytes);
        used += separator + bytes;
        ++scopes;
        at = name + bytes;
    }
    to[used] = '\0';
    return scopes >= 2;
}

}  // namespace

void shorten_name(char* demangled) noexcept {
    const std::string_view text(demangled);
    char* to = demangled;
    const auto keep = [&](std::string_view part) {
        std::memmove(to, part.data(), part.size());  // never ahead of what is read
        to += part.size();
    };
    for (size_t at = 0; at < text.size();) {
        const std::string_view rest = text.substr(at);
        const bool begins = at == 0 || !is_of_a_name(text[at - 1]);
        if (const size_t bytes = begins ? operator_bytes(rest) : 0; bytes != 0) {
            keep(rest.substr(0, bytes));
            at += bytes;
        } else if (rest.starts_with(kUnnamed)) {
            keep(kUnnamed);
            at += kUnnamed.size();
        } else if (rest[0] == '<') {
            at = behind_bracket(text, at);
        } else if (rest[0] == '(') {
            const bool of_a_type = text.substr(0, at).ends_with("decltype ");
            at = behind_bracket(text, at);
            const size_t qualifiers = qualifier_bytes(text.substr(at));
            if (text.substr(at + qualifiers).starts_with("::")) {
                at += qualifiers;
            } else if (at < text.size() && text[at] != '#' && text[at] != '}' && !of_a_type) {
                break;
            }
        } else if (rest[0] == ' ') {
            to = rest.starts_with(" <") ? to : demangled;  // that was the result's type
            ++at;
        } else {
            keep(rest.substr(0, 1));
            ++at;
        }
    }
    *to = '\0';
}

void readable_name(const char* symbol, char* to, size_t room) noexcept {
    char* demangled = nullptr;
    if (strnlen(symbol, kMostSymbolBytes) < kMostSymbolBytes) {
        int status = -1;
        demangled = abi::__cxa_demangle(symbol, nullptr, nullptr, &status);
        if (demangled != nullptr) {
            shorten_name(demangled);
        } else if (join_scopes(symbol, to, room)) {
            return;
        }
    }
    const char* name = demangled != nullptr && demangled[0] != '\0' ? demangled : symbol;
    size_t bytes = strnlen(name, room);
    if (bytes == room) {
        bytes = room - 1;
        while (bytes > 0 && (static_cast<unsigned char>(name[bytes]) & 0xc0) == 0x80) {
            --bytes;
        }
    }
    std::memcpy(to, name, bytes);
    to[bytes] = '\0';
    std::free(demangled);
}

}  // namespace ttmem::native_frames
