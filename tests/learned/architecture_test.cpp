// Architectures: the published counts of parameters, what is refused, and models as files.
#include "base/error.hpp"
#include "learned/architectures.hpp"
#include "learned/graph.hpp"

#include <gtest/gtest.h>

namespace {

using namespace linnet;
using namespace linnet::learned;

std::string network(const std::string& blocks, const std::string& channels = "0") {
  return R"({"name":"n","dimension":3,"sweeps":0,"operator_channels":)" + channels + R"(,"blocks":{)" + blocks + "}}";
}

std::string refusal(const std::string& json) {
  try {
    tensor_shapes(parse_architecture(json, "f"));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Architecture, OfThePaperHasThePublishedNumbersOfParameters) {
  EXPECT_EQ(make_model(dcdm_architecture(64, 3), 1).parameters(), 97457U);
  EXPECT_EQ(make_model(dcdm_architecture(128, 3), 1).parameters(), 152881U);
}

TEST(Architecture, OfOursSharesTheWeightsOfItsCoarserGrids) {
  const Architecture hybrid = hybrid_architecture(3);
  const Graph small = instantiate(hybrid, {32, 32, 32}), large = instantiate(hybrid, {128, 128, 128});
  EXPECT_EQ(small.tensors, large.tensors);
  EXPECT_LT(small.nodes.size(), large.nodes.size());
}

TEST(Architecture, SeparatesWhatDependsOnTheOperatorAlone) {
  const Graph graph = instantiate(hybrid_architecture(3), {20, 9, 31});
  double setup = 0;
  for (const Node& node : graph.nodes) {
    setup += node.setup;
    if (node.op == Op::gate) {
      EXPECT_TRUE(graph.node(node.in[1]).setup);
    }
  }
  EXPECT_GT(setup, 20);
  EXPECT_FALSE(graph.node(graph.output).setup);
}

TEST(Architecture, TakesGridsOfAnySize) {
  for (const Grid& grid : {Grid{1, 1, 1}, Grid{3, 1, 200}, Grid{5, 7, 2}, Grid{33, 65, 17}}) {
    const Graph graph = instantiate(hybrid_architecture(3), grid);
    EXPECT_EQ(graph.node(graph.output).grid, grid);
  }
  EXPECT_THROW(instantiate(hybrid_architecture(3), {4, 0, 4}), InputError);
  EXPECT_THROW(instantiate(hybrid_architecture(2), {4, 4, 4}), InputError);
}

TEST(Architecture, RefusesInOneLine) {
  const std::string conv = R"({"op":"convolution","out":"y","in":["x"],"weight":"w","kernel":3,"channels":1})";
  const auto block = [](const std::string& layers, const std::string& in = R"("x")") {
    return R"("main":{"in":[)" + in + R"(],"out":"y","layers":[)" + layers + "]}";
  };
  EXPECT_EQ(refusal(network(block(conv))), "");
  const std::string gate = conv.substr(0, conv.find("\"y\"")) +
                           R"("t","in":["x"],"weight":"w","kernel":3,"channels":1},)" +
                           R"({"op":"gate","out":"y","in":["t","x"]})";
  const std::string recursion = R"({"op":"call","out":"y","in":["x"],"block":"main"})";
  for (const auto& [json, expected] : std::vector<std::pair<std::string, const char*>>{
           {"nonsense", "is not JSON"},
           {"[]", "expected an object"},
           {network(""), "one of them main"},
           {network(block(conv), "3"), "main takes the residual, and the operator"},
           {network(block("")), "uses 'y' before it is computed"},
           {network(block(conv + "," + conv)), "computes 'y' twice"},
           {network(block(R"({"op":"teleport","out":"y","in":["x"]})")), "is not known"},
           {network(block(conv.substr(0, conv.size() - 1) + R"(,"dilation":2})")), "a key that is not known"},
           {network(block(gate)), "depends on the residual"},
           {network(block(recursion)), "without end"},
           {network(block(R"({"op":"call","out":"y","in":["x"],"block":"other"})")), "no block 'other'"},
           {network(block(R"({"op":"pool","out":"y","in":["x"]})")), "output must be one channel"},
           {network(block(R"({"op":"upsample","out":"y","in":["x","x"]})")), "cannot grow"},
           {network(block(R"({"op":"space_to_depth","out":"t","in":["x"],"factor":3})")), "2 or 4"}}) {
    const std::string message = refusal(json);
    EXPECT_NE(message.find(expected), std::string::npos) << message << "\nexpected: " << expected;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
}

TEST(Model, IsTheSameAfterAFile) {
  Model model = make_model(hybrid_architecture(2, {8, 4, 2, 1, 1}), 3);
  model.provenance["seed"] = "3";
  const Model read = model_from(parse_safetensors(format_safetensors(contents_of(model)), "m"), "m");
  EXPECT_EQ(read.tensors, model.tensors);
  EXPECT_EQ(read.provenance, model.provenance);
  EXPECT_EQ(read.architecture.text, model.architecture.text);
}

TEST(Model, HoldsExactlyTheTensorsOfItsArchitecture) {
  const SafetensorsFile good = contents_of(make_model(hybrid_architecture(2, {8, 4, 2, 1, 1}), 3));
  const auto message = [](const SafetensorsFile& contents) -> std::string {
    try {
      model_from(contents, "m");
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(good), "");
  SafetensorsFile bad = good;
  bad.tensors.erase("in");
  EXPECT_NE(message(bad).find("tensor 'in' is missing"), std::string::npos);
  bad = good;
  bad.tensors["more"] = {{1}, {1}};
  EXPECT_NE(message(bad).find("1 tensors that the architecture does not name"), std::string::npos);
  bad = good;
  bad.tensors["in"].shape = {1, 1};
  EXPECT_NE(message(bad).find("expected the shape 8 x 4 x 3 x 3, found 1 x 1"), std::string::npos);
  bad = good;
  bad.metadata["linnet.format"] = "linnet.model/2";
  EXPECT_NE(message(bad).find("expected the format"), std::string::npos);
}

} // namespace
