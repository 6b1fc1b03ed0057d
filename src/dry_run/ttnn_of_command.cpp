// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/ttnn_of_command.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

#include "base/capture.hpp"

namespace ttmem::dry_run {
namespace {

namespace fs = std::filesystem;

constexpr int kPatienceMs = 60'000;  // for a Python that starts on a busy machine

bool is_python(const std::string& word) {
    const std::string name = fs::path(word).filename().string();
    return name == "python" ||
           (name.starts_with("python3") && name.find_first_not_of("0123456789.", 7) == std::string::npos);
}

// Where the shell would find it; empty when nowhere.
std::string on_path(const std::string& word) {
    if (word.find('/') != std::string::npos) {
        return access(word.c_str(), X_OK) == 0 ? word : "";
    }
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::string candidate = (fs::path(folder.empty() ? "." : folder) / word).string();
        if (access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
    }
    return "";
}

// The interpreter of a script's first line, "#!/usr/bin/env python3" included. Where the path is long or has a space,
// pip writes "#!/bin/sh" and the interpreter in quotes into the second line.
std::string interpreter_of_script(const std::string& script) {
    std::ifstream file(script, std::ios::binary);
    std::string first;
    std::string second;
    if (!std::getline(file, first) || !first.starts_with("#!")) {
        return "";
    }
    std::getline(file, second);
    if (second.starts_with("'''exec' ")) {
        std::string_view rest = std::string_view(second).substr(9);
        const bool quoted = rest.starts_with('"');
        rest.remove_prefix(quoted ? 1 : 0);
        return std::string(rest.substr(0, rest.find(quoted ? '"' : ' ')));
    }
    std::istringstream words(first.substr(2));
    for (std::string word; words >> word;) {
        if (is_python(word)) {
            return on_path(word);
        }
    }
    return "";
}

bool is_set(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

}  // namespace

std::string ttnn_of_environment(const std::string& python) {
    std::error_code error;
    const fs::path environment = fs::path(python).parent_path().parent_path();
    if (is_set("PYTHONPATH") || is_set("PYTHONHOME") || !fs::is_regular_file(environment / "pyvenv.cfg", error) ||
        fs::exists("ttnn", error) || fs::exists("ttnn.py", error)) {
        return "";
    }
    std::string found;
    for (fs::directory_iterator it(environment / "lib", error), end; !error && it != end; it.increment(error)) {
        if (!it->path().filename().string().starts_with("python")) {
            continue;
        }
        if (!found.empty()) {
            return "";  // of two Pythons
        }
        found = (it->path() / "site-packages" / "ttnn").string();
    }
    return fs::is_regular_file(fs::path(found) / "__init__.py", error) ? found : "";
}

std::string interpreter_of(const std::vector<std::string>& command) {
    for (const std::string& word : command) {
        if (is_python(word)) {
            return on_path(word);
        }
    }
    const std::string program = command.empty() ? "" : on_path(command.front());
    if (const std::string found = program.empty() ? "" : interpreter_of_script(program); !found.empty()) {
        return found;
    }
    return on_path("python3");
}

Result<std::string> ttnn_of_command(const std::vector<std::string>& command) {
    for (const char* name : {"TT_METAL_RUNTIME_ROOT", "TT_METAL_HOME"}) {
        std::error_code error;
        if (const char* root = std::getenv(name);
            root != nullptr && fs::is_directory(fs::path(root) / "tt_metal", error)) {
            return fs::canonical(root, error).string();
        }
    }
    const std::string python = interpreter_of(command);
    if (python.empty()) {
        return Error{"there is no Python to ask which ttnn the command uses; name it with --ttnn"};
    }
    std::error_code error;
    if (const fs::path package = ttnn_of_environment(python); fs::is_directory(package / "tt_metal", error)) {
        return fs::canonical(package, error).string();
    }
    const Captured answer = capture({python, "-c",
                                     "import importlib.util, sys\n"
                                     "spec = importlib.util.find_spec('ttnn')\n"
                                     "sys.stdout.write(spec.origin if spec and spec.origin else '')"},
                                    kPatienceMs);
    const fs::path package = fs::path(answer.out).parent_path();
    if (answer.exit_code != 0 || answer.out.empty()) {
        return Error{python + " has no ttnn; run the command with the Python that has it, or name ttnn with --ttnn"};
    }
    if (!fs::is_directory(package / "tt_metal", error)) {
        return Error{"the ttnn of " + python + " in " + package.string() +
                     " is no installed package; set TT_METAL_HOME to its tt-metal, or name it with --ttnn"};
    }
    return fs::canonical(package, error).string();
}

}  // namespace ttmem::dry_run
