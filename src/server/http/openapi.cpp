// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "server/http/api_routes.hpp"

namespace ttmem::server {
namespace {

using Json = nlohmann::ordered_json;

Json schema_of(const ParameterSpec& spec) {
    switch (spec.type) {
        case ParameterType::kInteger:
            return Json{{"type", "integer"}, {"format", "int64"}, {"minimum", spec.least}, {"maximum", spec.most}};
        case ParameterType::kBoolean:
            return Json{{"type", "boolean"}};
        case ParameterType::kChoice:
            return Json{{"type", "string"}, {"enum", spec.choices}};
        case ParameterType::kTime:
            return Json{{"type", "string"}, {"example", "2h"}};
    }
    return Json::object();
}

Json error_answer(const char* when) {
    return Json{{"description", when},
                {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}}};
}

Json describe(const RouteInfo& route) {
    Json parameters = Json::array();
    for (const ParameterSpec& spec : route.parameters) {
        parameters.push_back(Json{{"name", spec.name},
                                  {"in", "query"},
                                  {"required", false},
                                  {"description", spec.help},
                                  {"schema", schema_of(spec)}});
    }
    const bool json = route.type == "application/json";
    Json answers;
    answers["200"] = Json{{"description", route.summary},
                          {"content", {{route.type, {{"schema", {{"type", json ? "object" : "string"}}}}}}}};
    answers["400"] = error_answer("A parameter makes no sense, or the request has no Host");
    answers["403"] = error_answer("The Host is none of this server's, or a page of another site asks");
    answers["503"] = error_answer("Too much is asked at once");
    return Json{{"summary", route.summary}, {"parameters", std::move(parameters)}, {"responses", std::move(answers)}};
}

}  // namespace

std::string openapi_text(std::string_view version) {
    Json paths = Json::object();
    for (const RouteInfo& route : routes()) {
        paths[route.path] = Json{{"get", describe(route)}};
    }
    const Json all{{"openapi", "3.0.3"},
                   {"info",
                    {{"title", "ttmem server"},
                     {"version", version},
                     {"description",
                      "Device memory of Tenstorrent accelerators: who holds what. Sizes are bytes, times nanoseconds "
                      "since the Unix epoch; what is not known is null. Nothing can be changed."},
                     {"license", {{"name", "Apache-2.0"}, {"url", "https://www.apache.org/licenses/LICENSE-2.0"}}}}},
                   {"paths", std::move(paths)},
                   {"components",
                    {{"schemas",
                      {{"Error",
                        {{"type", "object"},
                         {"required", Json::array({"error"})},
                         {"properties", {{"error", {{"type", "string"}}}}}}}}}}}};
    return all.dump(2) + "\n";
}

}  // namespace ttmem::server
