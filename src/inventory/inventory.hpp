// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The one model of devices, processes and buffers that every program shows. It finds the ledgers, judges which of them
// live, merges their devices and sums up. It reads; it changes nothing, and it never opens a device.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inventory/buffer_page.hpp"
#include "inventory/buffer_row.hpp"
#include "inventory/own_ledger.hpp"
#include "inventory/served_model.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

class Ledgers;

enum class TelemetryUse {
    kOff,
    kOnce,   // each refresh reads again and waits a little for the cards: for one model
    kFollow  // threads keep the cards' values fresh, and no refresh waits for one: for programs that go on
};

// How deep ledgers are read, each depth with all before it. Lists cost time in the number of live buffers; without them
// the totals still are exact.
enum class Depth : uint8_t {
    // For a first picture: totals of ledgers alone. What several processes hold on one chip together stays unknown, and
    // cards are not looked for.
    kTotalsAlone,
    kTotals,
    kSpace,    // what rests on lists: pre-allocated bytes, largest free stretch
    kRows,     // the rows that Inventory::row() gives
    kBuffers,  // Model::buffers
};

// How much is read of programs, each with all before it.
enum class ProgramDepth : uint8_t {
    kNone,
    kFailures,  // Model::failures
    kPrograms,  // Model::programs, regions, config_rings
    kL1,        // Device::l1, and in Model::buffers at least those that it names
};

// The contents asked of the next model.
struct Request {
    Depth depth = Depth::kTotals;
    ProgramDepth programs = ProgramDepth::kNone;
    // Depth::kSpace: how many buffers the lists that are read may have, of each user's processes that changed. What rests
    // on longer lists is unknown then.
    uint64_t space_rows = UINT64_MAX;
    bool events = false;  // Model::events
    // Looks only for processes that started or ended: ledgers that their writer still holds keep the figures of the
    // last read. Cheap however many buffers they hold.
    bool quick = false;
    // Lists that were read before stay where their ledger is as it was then: for a caller that will ask for pages of
    // them again. They take some 130 bytes a buffer.
    bool keep_lists = false;
    // Processes that the caller will add to the model: they are not counted from upstream's counter files.
    std::vector<int> counted_elsewhere = {};
    // The cards (by kmd index) of which every sensor is wanted at each refresh; nothing: all of them. Of the others
    // temperature, AI clock, power and users are as fresh, and the rest is read every few seconds.
    // TelemetryUse::kFollow alone heeds it.
    std::optional<std::vector<int>> cards = std::nullopt;
};

struct Settings {
    std::string base_directory;  // where ledger directories are; empty: TT_ALLOC_LEDGER_DIR, or /dev/shm
    TelemetryUse telemetry = TelemetryUse::kOnce;
    std::vector<std::string> more_directories = {};  // further ones, shared with containers
    std::string region_directory = {};  // where upstream's regions are; empty: TT_ALLOC_REGION_DIR, or base_directory
    std::optional<OwnLedger> own = std::nullopt;  // without it a program does not see itself
    bool others = true;                           // false: the own ledger alone
    std::shared_ptr<Ledgers> ledgers = nullptr;   // instead of those on this machine, and of upstream's counters
    // Asked before anything is read: a server's model with all that the request wants; nullptr: read the ledgers. Not
    // asked for events, which are in ledgers alone, for one reader at a time.
    std::function<std::shared_ptr<const api::Model>(const Request&)> served = nullptr;
};

// Where an inventory with these settings looks for ledger directories, and for upstream's regions.
std::vector<std::string> base_directories(const Settings& settings);
std::string region_directory(const Settings& settings);

// Keeps what it learnt between refreshes: dead processes are read once. Not thread safe; its models may go anywhere.
class Inventory {
public:
    explicit Inventory(Settings settings = {});
    ~Inventory();
    Inventory(const Inventory&) = delete;
    Inventory& operator=(const Inventory&) = delete;

    // Never fails: what cannot be read is named in the model's notices and processes.
    std::shared_ptr<const api::Model> refresh(const Request& request = {});

    // The lists of the last model, if it was asked for with `rows` or `buffers`, without copying them. Valid until
    // the next refresh. `process`: index into its processes. nullopt: a row that is no buffer (circular buffers and
    // kernels of the six reports stand among them).
    size_t row_count(api::ProcessIndex process) const;
    std::optional<BufferRow> row(api::ProcessIndex process, size_t number) const;
    std::vector<api::DeviceIndex> row_devices(api::ProcessIndex process,
                                              size_t number) const;  // indexes into Model::devices, ascending
    std::optional<BufferDetail> detail(api::ProcessIndex process, size_t number) const;
    // The buffers of that list one after the other, by id.
    void each_buffer(api::ProcessIndex process, const BufferTaker& take) const;
    // How many events that process has written, ever: another number after each allocation and free. nullopt: unknown,
    // as of a process that ended or in a server's model. Valid until the next refresh.
    std::optional<uint64_t> events_of(api::ProcessIndex process) const;
    // A part of the list, when the last refresh had Depth::kRows. `model`: what that refresh gave; rows that the caller
    // has added to it stand after those of the ledgers. Each list is looked through once, and after that only its rows
    // on the page (with an address, all of them again). Not where a server answers.
    BufferPage page(const api::Model& model, const BufferQuery& query);
    // Another number whenever any row may be another one than before.
    uint64_t rows_version() const;

private:
    class State;
    // Made when it is first needed: where a server answers there is no need of it.
    State& state();
    Settings settings_;
    std::unique_ptr<State> state_;
    ServedModel served_;
};

}  // namespace ttmem::inventory
