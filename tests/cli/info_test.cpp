#include "cli/fixture.hpp"

#include <cmath>

using Info = CommandLineTest;

TEST_F(Info, DescribesAMatrix) {
  const auto object = json_of(linnet({"info", real("494_bus.mtx.gz"), "--json"}), 0);
  EXPECT_EQ(object["schema"], "linnet.info/1");
  EXPECT_EQ(object["kind"], "matrix");
  EXPECT_EQ(object["format"], "Matrix Market, gzip");
  EXPECT_EQ(object["n"], 494);
  EXPECT_EQ(object["nnz"], 1666);
  EXPECT_TRUE(object["symmetric"].get<bool>());
  EXPECT_EQ(object["diagonal"], "positive");
  EXPECT_EQ(object["singular_components"], 0);
  EXPECT_EQ(object["solver"], "cg+cholesky");
  const Finished person = linnet({"info", real("494_bus.mtx.gz")});
  EXPECT_EQ(person.status, 0);
  EXPECT_NE(person.out.find("494 x 494, 1666 entries"), std::string::npos) << person.out;
}

TEST_F(Info, TellsAnMMatrixAndASingularOne) {
  const auto regular = json_of(linnet({"info", file("A.mtx", market(laplacian(5))), "--json"}), 0);
  EXPECT_EQ(regular["m_matrix"], true);
  EXPECT_EQ(regular["diagonally_dominant"], true);
  const auto singular = json_of(linnet({"info", file("N.mtx", market(neumann(5))), "--json"}), 0);
  EXPECT_EQ(singular["m_matrix"], false);
  EXPECT_EQ(singular["singular_components"], 1);
  EXPECT_EQ(singular["singular_rows"], 5);
}

TEST_F(Info, TellsAGridOperatorFromOthers) {
  ASSERT_EQ(linnet({"generate", "poisson", "--grid", "9,7,5", "--domain", "sphere", "--out", path("p")}).status, 0);
  const auto voxels = json_of(linnet({"info", path("p.mtx"), "--json"}), 0)["lattice"];
  auto grid = voxels["grid"].get<std::vector<int>>();
  std::sort(grid.begin(), grid.end());
  EXPECT_EQ(grid, (std::vector<int>{5, 7, 9}));
  EXPECT_EQ(voxels["coefficients"], "voxel Laplacian");
  EXPECT_EQ(voxels["singular"], false);
  const auto dense = json_of(linnet({"info", real("494_bus.mtx.gz"), "--json"}), 0)["lattice"];
  EXPECT_TRUE(dense.contains("refusal"));
}

TEST_F(Info, TellsWhatANetworkCosts) {
  const auto network = json_of(linnet({"info", "hybrid3d", "--json"}), 0);
  EXPECT_EQ(network["kind"], "model");
  EXPECT_EQ(network["parameters"], 533376);
  const double numbers = network["numbers_per_cell"];
  EXPECT_GT(numbers, 1);
  EXPECT_DOUBLE_EQ(network["bytes_per_cell"]["f32"].get<double>(), 4 * numbers);
  EXPECT_DOUBLE_EQ(network["bytes_per_cell"]["bf16"].get<double>(), 2 * numbers);
  // A product and a sum for each weight of a convolution and each cell; gates and sums of fields are little beside
  // them.
  double flops = 0;
  for (const auto& layer : network["layers"]) {
    if (layer["when"] != "application")
      continue;
    double cells = 1;
    for (const int extent : layer["grid"])
      cells *= extent / 64.0;
    const double kernel = layer["kernel"];
    flops += 2 * cells * std::pow(kernel, 3) * layer["in"].get<double>() * layer["out"].get<double>();
  }
  EXPECT_NEAR(network["flops_per_cell"].get<double>(), flops, 0.2 * flops);
}

TEST_F(Info, DescribesAVectorAndAMatrixThatIsNotSquare) {
  const auto vector = json_of(linnet({"info", file("b.mtx", market(std::vector<double>{3, -4})), "--json"}), 0);
  EXPECT_EQ(vector["kind"], "vector");
  EXPECT_EQ(vector["n"], 2);
  EXPECT_DOUBLE_EQ(vector["norm"].get<double>(), 5);
  const auto wide = json_of(linnet({"info", file("W.mtx", market(Dense{{1, 2, 3}, {4, 5, 6}})), "--json"}), 0);
  EXPECT_EQ(wide["rows"], 2);
  EXPECT_EQ(wide["cols"], 3);
}
