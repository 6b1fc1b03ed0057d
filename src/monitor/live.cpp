// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/live.hpp"

#include <link.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "base/clock.hpp"
#include "base/saturate.hpp"
#include "monitor/data/buffer_list.hpp"
#include "monitor/data/event_log.hpp"
#include "monitor/data/explained.hpp"
#include "monitor/data/past.hpp"
#include "monitor/data/replay_line.hpp"
#include "monitor/data/samples.hpp"
#include "monitor/scene.hpp"
#include "monitor/send_signal.hpp"
#include "monitor/settings.hpp"
#include "monitor/terminal/render.hpp"
#include "output/machine_table.hpp"
#include "output/write_text.hpp"
#include "replay/explain_moment.hpp"

namespace ttmem::monitor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<int, 4> kEndingSignals = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

volatile sig_atomic_t ended_by = 0;
volatile sig_atomic_t size_changed = 0;
void note_end(int signal) {
    ended_by = signal;
}
void note_size(int) {
    size_changed = 1;
}

// While it lives, ending signals are noted instead of obeyed, and come through only inside wait(). So does a stop
// (Ctrl-Z), which is obeyed: ncurses ignores one that comes while it writes, but a blocked signal is kept.
class Signals {
public:
    Signals() {
        sigset_t held;
        sigemptyset(&held);
        struct sigaction action {};
        action.sa_handler = note_end;
        for (size_t i = 0; i < kEndingSignals.size(); ++i) {
            sigaction(kEndingSignals[i], nullptr, &before_[i]);
            if (before_[i].sa_handler != SIG_IGN) {  // nohup
                sigaction(kEndingSignals[i], &action, nullptr);
            }
            sigaddset(&held, kEndingSignals[i]);
        }
        action.sa_handler = note_size;
        sigaction(SIGWINCH, &action, &before_size_);
        sigaddset(&held, SIGWINCH);
        sigaddset(&held, SIGTSTP);
        sigprocmask(SIG_BLOCK, &held, &mask_before_);
    }
    ~Signals() {
        for (size_t i = 0; i < kEndingSignals.size(); ++i) {
            sigaction(kEndingSignals[i], &before_[i], nullptr);
        }
        sigaction(SIGWINCH, &before_size_, nullptr);
        sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
    }
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    // Until the moment, a signal, or something to read. True: the terminal is gone.
    bool wait(Clock::time_point until, bool input) const {
        const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - Clock::now()).count();
        const timespec most{std::max<int64_t>(left, 0) / 1'000'000'000, std::max<int64_t>(left, 0) % 1'000'000'000};
        pollfd keyboard{STDIN_FILENO, POLLIN, 0};
        const int ready = ppoll(&keyboard, input ? 1 : 0, &most, &mask_before_);
        return ready > 0 && (keyboard.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    }

private:
    std::array<struct sigaction, kEndingSignals.size()> before_{};
    struct sigaction before_size_ {};
    sigset_t mask_before_{};
};

// Ends as the signal would have ended it, for the shell to see.
void obey_signal() {
    if (ended_by != 0) {
        raise(ended_by);
    }
}

Clock::duration interval_of(uint64_t interval_ms) {
    return std::chrono::milliseconds(interval_ms);
}

// The next moment of a regular beat; beats that were slept through are left out.
Clock::time_point next_beat(Clock::time_point last, uint64_t interval_ms) {
    return std::max(last + interval_of(interval_ms), Clock::now());
}

// Starting takes more memory and more of the programs' pages than going on does. The heap's are given back; pages that
// are read from files are forgotten, and come back one by one as far as they are needed again.
void forget_start() {
    malloc_trim(0);
    dl_iterate_phdr(
        [](dl_phdr_info* object, size_t, void*) {
            const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
            for (const ElfW(Phdr)* part = object->dlpi_phdr; part != object->dlpi_phdr + object->dlpi_phnum; ++part) {
                if (part->p_type == PT_LOAD && (part->p_flags & PF_W) == 0) {
                    const uintptr_t begin = (object->dlpi_addr + part->p_vaddr) / page * page;
                    const uintptr_t end = object->dlpi_addr + part->p_vaddr + part->p_memsz;
                    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
                }
            }
            return 0;
        },
        nullptr);
}

void watch_text(inventory::Inventory& inventory, uint64_t interval_ms, const std::string& version) {
    const Signals signals;
    Clock::time_point beat = Clock::now();
    while (ended_by == 0) {
        inventory::Request request;
        request.cards.emplace();
        if (!write_text(STDOUT_FILENO, one_shot_table(*inventory.refresh(request), version) + "\n")) {
            return;
        }
        beat = next_beat(beat, interval_ms);
        do {  // at least once: signals come through in there alone, however long a look takes
            signals.wait(beat, false);
        } while (ended_by == 0 && Clock::now() < beat);
    }
}

// The live monitor: model, state and screen, and the loop that ties them together.
class Live {
public:
    Live(Screen& screen, inventory::Inventory& inventory, const WatchOptions& options, const Signals& signals)
        : screen_(screen), inventory_(inventory), signals_(signals), settings_(settings_path()), buffers_(inventory) {
        load_settings(settings_, state_);
        state_.interval_ms = options.interval_ms.value_or(state_.interval_ms);
        state_.view = options.view;
        if (options.replay != nullptr) {
            replay_ = options.replay;
            state_.replay = true;
            state_.paused = true;
        }
        set_ground();
    }

    void run() {
        first_look();
        refresh();
        forget_start();
        while (ended_by == 0 && !over_) {
            if (stale_ || (!state_.paused && (Clock::now() >= next_ || sees_new_cards()))) {
                refresh();
            }
            draw();
            const bool keyboard = signals_.wait(state_.paused ? Clock::now() + kLongestSleep : next_, true);
            take_input(keyboard);
            if (size_changed != 0) {
                size_changed = 0;
                screen_.fit();
            }
        }
        save_settings(settings_, state_);
    }

private:
    Scene scene() const {
        return {model_.get(), &state_,   screen_.look(),     &samples_,
                &events_,     &buffers_, &explained_.page(), replay_ ? &replay_line_ : nullptr};
    }

    // A first picture at once, from totals alone; the second one, right after it, has what takes longer to read.
    void first_look() {
        inventory::Request request;
        request.depth = inventory::Depth::kTotalsAlone;
        model_ = inventory_.refresh(request);
        if (replay_ != nullptr) {
            replay_line_ = replay_line(*replay_, *model_);
        }
        arrange();
        screen_.draw(frame_.grid);
    }

    void refresh() {
        if (replay_ != nullptr && !state_.paused && !stale_) {
            play_on();
        }
        stale_ = false;
        inventory::Request request;
        switch (state_.view) {
            case View::kMain:  // the clash gauge rests on lists
                request.depth = inventory::Depth::kSpace;
                break;
            case View::kBuffers:
                request.depth = inventory::Depth::kRows;
                break;
            case View::kL1Map:
                request.depth = inventory::Depth::kBuffers;
                request.programs = inventory::ProgramDepth::kL1;
                break;
            case View::kEvents:
                request.events = true;
                request.programs = inventory::ProgramDepth::kFailures;
                break;
            case View::kWhy:  // lists are read where an explanation has to be made
                request.programs = inventory::ProgramDepth::kFailures;
                break;
            case View::kCharts:
            case View::kTelemetry:
                break;
        }
        request.cards = frame_.cards;
        cards_ = frame_.cards;
        model_.reset();  // first, so that memory holds one model and not two
        model_ = inventory_.refresh(request);
        with_rows_ = request.depth == inventory::Depth::kRows;
        with_failures_ = state_.view == View::kWhy;
        if (replay_ != nullptr) {  // each moment stands for itself
            events_ = EventLog();
            replay_line_ = replay_line(*replay_, *model_);
        } else {
            samples_.add(*model_);
        }
        const uint64_t before = events_.total();
        events_.add(*model_, request.events);
        size_t& position = state_.choices[static_cast<size_t>(View::kEvents)].position;
        if (position > 0 && replay_ == nullptr) {  // the visible rows move down
            position += static_cast<size_t>(events_.total() - before);
        }
        // A regular beat; beats that were slept through are left out.
        next_ = std::max(next_ + interval_of(state_.interval_ms), Clock::now());
        next_ = std::min(next_, Clock::now() + interval_of(state_.interval_ms));
    }

    void draw() {
        if (state_.view == View::kCharts && !past_known_ && replay_ == nullptr) {
            past_known_ = true;
            fill_from_history(*model_, samples_);
        }
        explain();
        set_ground();
        arrange();
        screen_.draw(frame_.grid);
    }

    // The recording's time runs on as long as a refresh takes place, and stops at its end.
    void play_on() {
        replay_->go_to_time(saturating_sum(replay_->now_ns(), saturating_product(state_.interval_ms, 1'000'000)));
        state_.paused = replay_->now_ns() >= replay_->timeline().last_ns;
    }

    void move(const ReplayMove& move) {
        const replay::Timeline& timeline = replay_->timeline();
        const uint64_t hundredth = std::max<uint64_t>((timeline.last_ns - timeline.first_ns) / 100, 1);
        bool moved = true;
        switch (move.command) {
            case Command::kEventBack:
            case Command::kEventOn:
                moved = replay_->step(move.command == Command::kEventOn);
                break;
            case Command::kNoteBack:
            case Command::kNoteOn:
                moved = replay_->to_note(move.command == Command::kNoteOn) != nullptr;
                break;
            case Command::kTimeBack:
                replay_->go_to_time(replay_->now_ns() - std::min(replay_->now_ns(), hundredth));
                break;
            case Command::kTimeOn:
                replay_->go_to_time(saturating_sum(replay_->now_ns(), hundredth));
                break;
            default:
                if (const Result<bool> found = replay_->go_to(move.moment); !found) {
                    state_.message = found.error().message;
                    state_.message_is_error = true;
                }
                break;
        }
        if (!moved) {
            state_.message = "there is nothing more in that direction";
        }
        stale_ = true;
    }

    // For view 7. Not after each key: only for what is drawn.
    void explain() {
        if (state_.view != View::kWhy) {
            explained_.clear();
        } else if (with_failures_) {
            explained_.update(*model_, state_, {Explained::columns_of(screen_.size()), !screen_.look().ascii},
                              clock_ns(CLOCK_MONOTONIC),
                              {[this](api::ProcessIndex process) { return inventory_.events_of(process); },
                               [this] { return read_all(); }, replay_ != nullptr ? of_past() : nullptr});
        }
    }

    std::function<std::optional<inventory::Explanation>(const api::Model&, size_t)> of_past() const {
        return [this](const api::Model& model, size_t refusal) {
            return replay::explain_refusal(replay_, model, refusal);
        };
    }

    std::shared_ptr<const api::Model> read_all() {
        inventory::Request request;
        request.depth = inventory::Depth::kBuffers;
        request.programs = inventory::ProgramDepth::kPrograms;
        request.cards = cards_;
        return inventory_.refresh(request);
    }

    // Sensors have come into sight that were read every few seconds so far.
    bool sees_new_cards() const {
        return std::any_of(frame_.cards.begin(), frame_.cards.end(),
                           [this](int card) { return std::find(cards_.begin(), cards_.end(), card) == cards_.end(); });
    }

    void set_ground() {
        if (state_.light) {
            screen_.set_ground(*state_.light);
        }
    }

    void arrange() {
        if (state_.view == View::kBuffers && with_rows_) {
            buffers_.update(*model_, state_);
        } else if (state_.view != View::kBuffers) {
            buffers_.clear();
        }
        frame_ = layout(scene(), screen_.size());
    }

    void take_input(bool hung_up) {
        for (;;) {
            const Input input = screen_.input();
            if (std::holds_alternative<NoInput>(input)) {
                over_ |= hung_up;
                return;
            }
            Action action;
            const uint64_t interval = state_.interval_ms;
            if (const Key* key = std::get_if<Key>(&input)) {
                action = press(state_, *key, scene(), frame_);
            } else if (const MouseEvent* mouse = std::get_if<MouseEvent>(&input)) {
                action = click(state_, mouse->click, mouse->row, mouse->column, scene(), frame_);
            }
            if (interval != state_.interval_ms) {
                next_ = std::min(next_, Clock::now() + interval_of(state_.interval_ms));
            }
            if (action.kill) {
                const Sent sent = send_signal(inventory_, *action.kill);
                state_.message = sent.text;
                state_.message_is_error = !sent.done;
                action.refresh = true;
            }
            if (action.move && replay_ != nullptr) {
                move(*action.move);
            }
            stale_ |= action.refresh;
            over_ |= action.quit;
            arrange();  // the next key is about what this one did
        }
    }

    static constexpr Clock::duration kLongestSleep = std::chrono::hours(1);

    Screen& screen_;
    inventory::Inventory& inventory_;
    const Signals& signals_;
    std::string settings_;
    State state_;
    std::shared_ptr<const api::Model> model_;
    Samples samples_;
    EventLog events_;
    BufferList buffers_;
    Explained explained_;
    std::shared_ptr<replay::Playback> replay_;  // nullptr: the present is shown
    ReplayLine replay_line_;
    std::vector<int> cards_;  // whose sensors were all asked for last
    bool past_known_ = false;
    bool with_rows_ = false;      // the inventory has the lists that belong to the model
    bool with_failures_ = false;  // the model was read for view 7
    Frame frame_{Grid(0, 0), {}, 0, 0, 0};
    Clock::time_point next_ = Clock::now();
    bool stale_ = false;
    bool over_ = false;
};

}  // namespace

bool watch(inventory::Inventory& inventory, const WatchOptions& options, std::string& why) {
    if (isatty(STDOUT_FILENO) != 1) {
        watch_text(inventory, options.interval_ms.value_or(State().interval_ms), options.version);
        obey_signal();
        return true;
    }
    {
        const Signals signals;
        const std::unique_ptr<Screen> screen = Screen::open(options.ascii, why);
        if (!screen) {
            return false;
        }
        Live(*screen, inventory, options, signals).run();
    }
    obey_signal();
    return true;
}

}  // namespace ttmem::monitor
