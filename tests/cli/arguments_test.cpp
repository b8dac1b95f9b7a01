#include "base/error.hpp"
#include "cli/arguments.hpp"

#include <gtest/gtest.h>

using namespace linnet;
using Words = std::vector<std::string>;

TEST(Arguments, GoToPetscWithTheirValues) {
  const Arguments split =
      split_arguments({"linnet", "solve", "A.mtx", "-ksp_type", "cg", "--json", "-ksp_view", "--rhs", "b.mtx"});
  EXPECT_EQ(split.program, "linnet");
  EXPECT_EQ(split.ours, (Words{"solve", "A.mtx", "--json", "--rhs", "b.mtx"}));
  EXPECT_EQ(split.petsc, (Words{"-ksp_type", "cg", "-ksp_view"}));
  EXPECT_EQ(split.petsc_values, Words{"cg"});
}

TEST(Arguments, TakeNegativeNumbersAsValues) {
  EXPECT_EQ(split_arguments({"linnet", "-pc_sor_omega", "-1.5"}).petsc, (Words{"-pc_sor_omega", "-1.5"}));
  EXPECT_EQ(split_arguments({"linnet", "--shift", "-2"}).ours, (Words{"--shift", "-2"}));
}

TEST(Arguments, KeepTheShortFormOfHelp) {
  EXPECT_EQ(split_arguments({"linnet", "-h"}).ours, Words{"-h"});
  EXPECT_EQ(split_arguments({"linnet", "-help"}).petsc, Words{"-help"});
  EXPECT_TRUE(split_arguments({}).ours.empty());
}

TEST(PetscOptions, AreReadFromText) {
  using Options = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(parse_petsc_options(" -a 1  -b -c -2 "), (Options{{"-a", "1"}, {"-b", ""}, {"-c", "-2"}}));
  EXPECT_TRUE(parse_petsc_options("").empty());
  for (const char* text : {"a", "-a 1 2", "--a", "-", "-1"})
    EXPECT_THROW(parse_petsc_options(text), InputError) << text;
}
