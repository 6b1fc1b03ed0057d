// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The tables of a history and the statements that fill them. Times that end in _ns are ns, those in _s seconds since
// the Unix epoch; sizes are bytes; NULL is unknown.
#pragma once

namespace ttmem::history {

inline constexpr const char* kSchema = R"(
PRAGMA application_id=1953787240;
PRAGMA user_version=1;
CREATE TABLE device(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, logical_id INTEGER, unique_id TEXT, pci TEXT,
    arch TEXT NOT NULL, board TEXT NOT NULL, mock INTEGER NOT NULL, first_seen_ns INTEGER NOT NULL,
    last_seen_ns INTEGER NOT NULL);
CREATE TABLE process(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, pid INTEGER, uid INTEGER, user TEXT NOT NULL,
    command TEXT NOT NULL, source TEXT NOT NULL, container_runtime TEXT, container_id TEXT, pod TEXT, job TEXT,
    start_ns INTEGER,
    first_seen_ns INTEGER NOT NULL, last_seen_ns INTEGER NOT NULL, state TEXT NOT NULL, ended_ns INTEGER,
    failures INTEGER NOT NULL DEFAULT 0);
CREATE TABLE held(process INTEGER NOT NULL, device INTEGER NOT NULL, dram INTEGER, l1 INTEGER, l1_small INTEGER,
    trace INTEGER, cb INTEGER, kernel INTEGER, dram_peak INTEGER, l1_peak INTEGER, l1_small_peak INTEGER,
    trace_peak INTEGER, PRIMARY KEY(process, device)) WITHOUT ROWID;
CREATE TABLE sample(tier INTEGER NOT NULL, time_s INTEGER NOT NULL, device INTEGER NOT NULL, process INTEGER NOT NULL,
    dram INTEGER, l1 INTEGER, l1_small INTEGER, trace INTEGER, cb INTEGER, kernel INTEGER, dram_max INTEGER,
    l1_max INTEGER, l1_small_max INTEGER, trace_max INTEGER, PRIMARY KEY(tier, time_s, device, process)) WITHOUT ROWID;
CREATE TABLE event(id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, type TEXT NOT NULL, process INTEGER,
    device INTEGER, kind TEXT, requested INTEGER, largest_free INTEGER, allocated INTEGER, text TEXT);
CREATE INDEX event_time ON event(time_ns);
CREATE TABLE rolled(tier INTEGER PRIMARY KEY, until_s INTEGER NOT NULL);
)";

// The step from version 1 to 2: the readings of cards, in C, MHz and W. A new file takes both steps.
inline constexpr const char* kFromVersion1 = R"(
PRAGMA user_version=2;
CREATE TABLE reading(tier INTEGER NOT NULL, time_s INTEGER NOT NULL, device INTEGER NOT NULL, temperature REAL,
    clock REAL, power REAL, temperature_max REAL, clock_max REAL, power_max REAL,
    PRIMARY KEY(tier, time_s, device)) WITHOUT ROWID;
)";

inline constexpr const char* kInsertDevice =
    "INSERT INTO device(key, logical_id, unique_id, pci, arch, board, mock, first_seen_ns, last_seen_ns) "
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO UPDATE SET last_seen_ns=excluded.last_seen_ns RETURNING id";
inline constexpr const char* kSeeDevice =
    "UPDATE device SET last_seen_ns=?, logical_id=coalesce(?, logical_id) WHERE id=?";
inline constexpr const char* kInsertProcess =
    "INSERT INTO process(key, pid, uid, user, command, source, container_runtime, container_id, pod, job, start_ns, "
    "first_seen_ns, last_seen_ns, state) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT(key) DO UPDATE SET last_seen_ns=excluded.last_seen_ns, state=excluded.state, ended_ns=NULL "
    "RETURNING id, failures";
inline constexpr const char* kSeeProcess = "UPDATE process SET last_seen_ns=?, state=?, ended_ns=NULL WHERE id=?";
inline constexpr const char* kEndProcess = "UPDATE process SET state=?, ended_ns=? WHERE id=?";
inline constexpr const char* kCountFailures = "UPDATE process SET failures=? WHERE id=?";
inline constexpr const char* kPutHeld = "INSERT OR REPLACE INTO held VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
inline constexpr const char* kDropHeld = "DELETE FROM held WHERE process=? AND device=?";
inline constexpr const char* kPutSample =
    "INSERT OR REPLACE INTO sample VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
inline constexpr const char* kPutReading = "INSERT OR REPLACE INTO reading VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)";
inline constexpr const char* kPutEvent =
    "INSERT INTO event(time_ns, type, process, device, kind, requested, largest_free, allocated, text) "
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)";
// Parameters: tier, its seconds twice, the tier below, from, until, its seconds.
inline constexpr const char* kRollUp =
    "INSERT OR REPLACE INTO sample SELECT ?, time_s/?*?, device, process, CAST(avg(dram) AS INTEGER), "
    "CAST(avg(l1) AS INTEGER), CAST(avg(l1_small) AS INTEGER), CAST(avg(trace) AS INTEGER), CAST(avg(cb) AS INTEGER), "
    "CAST(avg(kernel) AS INTEGER), max(dram_max), max(l1_max), max(l1_small_max), max(trace_max) FROM sample "
    "WHERE tier=? AND time_s>=? AND time_s<? GROUP BY time_s/?, device, process";
inline constexpr const char* kRollUpReadings =
    "INSERT OR REPLACE INTO reading SELECT ?, time_s/?*?, device, avg(temperature), avg(clock), avg(power), "
    "max(temperature_max), max(clock_max), max(power_max) FROM reading "
    "WHERE tier=? AND time_s>=? AND time_s<? GROUP BY time_s/?, device";
// A row a card and second at most, and so never many beside the samples.
inline constexpr const char* kDeleteReadings = "DELETE FROM reading WHERE tier=? AND time_s<?";
inline constexpr const char* kDeleteSamples =
    "DELETE FROM sample WHERE (tier, time_s, device, process) IN "
    "(SELECT tier, time_s, device, process FROM sample WHERE tier=? AND time_s<? LIMIT ?)";

}  // namespace ttmem::history
