// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The answers that the page of a recording asks for: any moment of it, as JSON in the form of the live server's and the
// tools' (docs/snapshot-json.md). Not thread safe: calls belong to one thread at a time.
//
// A moment is named by "note:3" (number 3 of the timeline's notes) or by the words of replay/moment_words.hpp; an empty
// name is the moment at which the recording was opened.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "inventory/inventory.hpp"
#include "replay/playback.hpp"
#include "replay_server/run_history.hpp"
#include "server/http/api_parameters.hpp"

namespace ttmem::replay_server {

class Moments {
public:
    // `beside`: another recording is served beside it, to compare with.
    explicit Moments(std::shared_ptr<replay::Playback> playback, bool beside = false);

    // Error: the words are no moment of this recording; then it stays at the one before.
    Result<bool> go_to(const std::string& at);
    enum class Move : uint8_t { kStay, kMomentBack, kMomentOn, kNoteBack, kNoteOn };
    // From the moment that go_to() led to. Where there is nothing in that direction it stays.
    void move(Move move);

    // Of the whole recording: its length, its moments of note.
    std::string recording() const;
    std::string history(const RunQuestion& question) const;
    // Of the moment: its name, its time, what happened last.
    std::string moment() const;
    // As `ttmem snapshot --replay FILE --at MOMENT --json` prints it.
    std::string snapshot(bool buffers);
    // As /api/v1/buffers.
    std::string buffers(const inventory::BufferQuery& query);
    // As /api/v1/l1.
    std::string l1(const server::Arguments& arguments);
    // As `ttmem why FILE --at MOMENT --json` prints it, with its text as "lines".
    std::string why();
    // With its lists, as replay_server/comparison.hpp takes it.
    std::shared_ptr<const api::Model> lists();
    // The latest events of all processes together, at most replay::Track::kMostNews.
    std::string events();

private:
    std::string name_of_moment() const;

    std::shared_ptr<replay::Playback> playback_;
    inventory::Inventory inventory_;
    bool beside_;
    std::string first_;  // the name of the moment at which it was opened
    std::string now_;    // the name by which the moment was gone to
};

}  // namespace ttmem::replay_server
