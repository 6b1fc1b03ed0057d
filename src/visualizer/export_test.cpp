// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reports of random programs, read with plain SQL and held against the oracle's state after each event.
#include "visualizer/export.hpp"

#include <algorithm>

#include "visualizer/test_report.hpp"

namespace ttmem::visualizer {
namespace {

using recording::test::OracleState;
using recording::test::Program;

class Exported : public test::ReportTest {
protected:
    std::string report(const recording::Reader& reader, const Part& part = {}) {
        const Result<std::string> bytes = export_database(reader, part);
        EXPECT_TRUE(bytes.ok());
        return bytes ? keep(bytes.value()) : "";
    }

    // device, address, bytes of a bank, type; 8 banks each in these programs, and allocator n is of device n.
    static Rows rows_of(const OracleState& state) {
        Rows rows;
        for (const auto& [id, buffer] : state) {
            rows.push_back({std::to_string(buffer.allocator), std::to_string(buffer.address),
                            std::to_string(buffer.bytes / 8), std::to_string(buffer.account)});
        }
        std::sort(rows.begin(), rows.end());
        return rows;
    }

    static void expect_steps(const std::string& path, const Program& program, const std::vector<test::Step>& steps) {
        ASSERT_EQ(select(path, "SELECT count(*) FROM operations"), Rows({{std::to_string(steps.size())}}));
        for (size_t i = 0; i < steps.size(); ++i) {
            const std::string number = std::to_string(i + 1);
            Rows rows = select(path,
                               "SELECT device_id, address, max_size_per_bank, buffer_type FROM buffers "
                               "WHERE rank = 0 AND operation_id = " +
                                   number);
            std::sort(rows.begin(), rows.end());
            ASSERT_EQ(rows, rows_of(program.states[steps[i].events])) << "operation " << number;
        }
    }
};

TEST_F(Exported, HasAfterEachOperationWhatLives) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        const Program program = recording::test::random_program(seed, 600);
        const std::string path = report(record(program, 50 + seed * 31));
        expect_steps(path, program, test::steps_of(program));
        EXPECT_EQ(select(path, "PRAGMA integrity_check"), Rows({{"ok"}}));
    }
}

TEST_F(Exported, NamesOperationsStacksTensorsAndErrors) {
    const Program program = recording::test::random_program(4, 300);
    const std::string path = report(record(program, 64));
    const std::vector<test::Step> steps = test::steps_of(program);
    Rows names = select(path, "SELECT name FROM operations ORDER BY operation_id");
    size_t refusals = 0, known_tensors = 0;
    for (size_t i = 0; i < steps.size(); ++i) {
        EXPECT_EQ(names[i][0], steps[i].is_free ? "ttnn::deallocate" : "ttnn.add");
        refusals += steps[i].is_refusal ? 1 : 0;
    }
    for (const recording::Event& event : program.events) {
        known_tensors += event.type == ledger::kEventAllocate && event.tensor == 1 ? 1 : 0;
    }
    EXPECT_EQ(select(path,
                     "SELECT count(*) FROM errors WHERE operation_name = 'ttnn.add' AND error_type = 'out of memory' "
                     "AND error_message LIKE 'out of memory: % bytes of % were wanted'"),
              Rows({{std::to_string(refusals)}}));
    EXPECT_EQ(select(path, "SELECT DISTINCT shape, dtype, layout, storage_type FROM tensors"),
              Rows({{"Shape([1, 32, 64])", "DataType.BFLOAT16", "Layout.TILE", "DEVICE"}}));
    EXPECT_EQ(select(path, "SELECT count(*) FROM tensors"), Rows({{std::to_string(known_tensors)}}));
    EXPECT_EQ(select(path,
                     "SELECT count(*) FROM output_tensors o JOIN tensors t USING(tensor_id) JOIN buffers b "
                     "ON b.operation_id = o.operation_id AND b.address = t.address AND b.device_id = t.device_id"),
              Rows({{std::to_string(known_tensors)}}));
    EXPECT_EQ(select(path, "SELECT DISTINCT stack_trace FROM stack_traces ORDER BY 1").front(),
              std::vector<std::string>{"  File \"train.py\", line 10, in step\n"});
    EXPECT_EQ(select(path, "SELECT value FROM report_metadata WHERE key = 'schema_version'"), Rows({{"3.5"}}));
    EXPECT_EQ(select(path, "SELECT device_id, l1_num_banks, l1_bank_size, address_at_first_l1_cb_buffer FROM devices"),
              Rows({{"0", "64", "1048576", "102400"}, {"1", "64", "1048576", "102400"}}));
}

// One launch by an operation that allocated before, one by an operation that allocates nothing, and one of tt-metal's own.
TEST_F(Exported, CircularBuffersAreInTheGraphOfTheFirstLaunch) {
    ledger::Program program;
    program.allocator = 1;
    program.circular_buffers = {{1, 0x19000, 4096, 0, {{0, 0, 7, 7}, {0, 8, 3, 9}}},
                                {2, 0x1a000, 2048, ledger::kCircularBufferScratchpad, {{1, 2, 1, 2}}},
                                {3, 0x80000, 512, ledger::kCircularBufferBorrowed, {{0, 0, 0, 0}}},
                                {4, 0x19000, 4096, ledger::kCircularBufferAlias, {{0, 0, 7, 7}}}};
    ledger::Program other = program;
    other.devices = {1, 0};
    other.circular_buffers.resize(1);
    ledger::Program own = other;
    own.type = ledger::kProgramFabric;
    const std::string path = new_path();
    Result<recording::Writer> writer = recording::Writer::create(path);
    const auto append = [&](recording::ChunkKind kind, const std::string& payload) {
        writer.value().append(kind, 0, payload, 0, 1, 1);
    };
    recording::TextsDone done;
    append(recording::kChunkProcess, recording::pack(recording::test::test_facts()));
    append(recording::kChunkTexts, recording::pack_more(recording::test::test_texts(), done));
    append(recording::kChunkDefinitions,
           recording::pack_definitions({recording::pack(program), recording::pack(other), recording::pack(own)}));
    append(recording::kChunkPrograms, recording::pack({{{0, 1}, 0}, {{0, 2}, 1}, {{0, 3}, 2}}, {}));
    recording::OpenChunk chunk;
    chunk.begin(recording::Moment(), {}, 0, 0);
    auto add = [&chunk, number = uint64_t{0}](uint8_t type, uint32_t context) mutable {
        recording::Event event;
        event.type = type;
        event.number = number++;
        event.time_ns = 100 + event.number;
        event.id = 7 + event.number;
        event.allocator = 0;
        event.account = type == ledger::kEventAllocate ? ledger::kAccountDram : ledger::kAccountKernelApplication;
        event.bytes = type == ledger::kEventAllocate ? 16384 : 0;
        event.context = context;
        chunk.add(event);
    };
    add(ledger::kEventAllocate, 65536);
    add(ledger::kEventProgramLoad, 65536);
    add(ledger::kEventProgramLoad, 65537);
    add(ledger::kEventProgramLoad, 65537);
    add(ledger::kEventProgramLoad, 65537);  // without a definition
    chunk.write(writer.value(), 0, true);
    ASSERT_TRUE(writer.value().finish());

    const std::string made = report(recording::Reader::open(path).value());
    EXPECT_EQ(select(made,
                     "SELECT operation_id, name, (SELECT count(*) FROM buffers b WHERE b.operation_id = "
                     "o.operation_id) FROM operations o"),
              Rows({{"1", "ttnn.add", "1"}, {"2", "ttnn.add", "1"}}));
    const std::string node = "json_extract(value, '$.params.";
    EXPECT_EQ(select(made, "SELECT operation_id, json_extract(value, '$.node_type'), " + node + "device_id'), " + node +
                               "address'), " + node + "size'), " + node + "core_range_set'), " + node +
                               "globally_allocated') FROM captured_graph, json_each(captured_graph) "
                               "WHERE json_extract(value, '$.node_type') LIKE 'circular%'"),
              Rows({{"1", "circular_buffer_deallocate_all", "1", "NULL", "NULL", "NULL", "NULL"},
                    {"1", "circular_buffer_allocate", "1", "102400", "4096", "{[0-0 - 7-7], [0-8 - 3-9]}", "0"},
                    {"1", "circular_buffer_allocate", "1", "106496", "2048", "{[1-2 - 1-2]}", "0"},
                    {"1", "circular_buffer_allocate", "1", "524288", "512", "{[0-0 - 0-0]}", "1"},
                    {"2", "circular_buffer_deallocate_all", "0", "NULL", "NULL", "NULL", "NULL"},
                    {"2", "circular_buffer_deallocate_all", "1", "NULL", "NULL", "NULL", "NULL"},
                    {"2", "circular_buffer_allocate", "0", "102400", "4096", "{[0-0 - 7-7], [0-8 - 3-9]}", "0"},
                    {"2", "circular_buffer_allocate", "1", "102400", "4096", "{[0-0 - 7-7], [0-8 - 3-9]}", "0"}}));
}

TEST_F(Exported, PartBeginsWithWhatLivesAtIt) {
    const Program program = recording::test::random_program(5, 500);
    const recording::Reader reader = record(program, 70);
    const size_t first = 237, last = 411;
    const std::string path = report(reader, {program.events[first].time_ns, program.events[last - 1].time_ns});
    Program part = program;
    part.events.resize(last);
    expect_steps(path, part, test::steps_of(part, first));
    EXPECT_EQ(select(path, "SELECT name FROM operations WHERE operation_id = 1"), Rows({{"(held before)"}}));
}

TEST_F(Exported, TooManyRowsAreAnErrorWithARemedy) {
    const recording::Reader reader = record(recording::test::random_program(6, 500), 100);
    const Result<std::string> refused = export_database(reader, {}, 100);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message.find("--from"), std::string::npos);
}

TEST_F(Exported, RecordingWithoutProcessesIsAReportWithoutOperations) {
    const std::string path = new_path();
    recording::Writer::create(path).value().finish();
    const std::string made = report(recording::Reader::open(path).value());
    EXPECT_EQ(select(made, "SELECT count(*) FROM operations"), Rows({{"0"}}));
}

}  // namespace
}  // namespace ttmem::visualizer
