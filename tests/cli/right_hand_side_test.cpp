#include "base/error.hpp"
#include "cli/right_hand_side.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace linnet;

TEST(RandomRightHandSide, HasTheMomentsOfAStandardNormal) {
  constexpr int count = 200'000;
  for (const std::uint64_t seed : {0ULL, 1ULL, 2ULL, 18446744073709551615ULL}) {
    double moments[5] = {}, neighbours = 0;
    for (int i = 0; i < count; ++i) {
      const double x = standard_normal(seed, i);
      ASSERT_TRUE(std::isfinite(x));
      for (int k = 1; k <= 4; ++k)
        moments[k] += std::pow(x, k) / count;
      neighbours += x * standard_normal(seed, i + 1) / count;
    }
    const double sigma = 1 / std::sqrt(count); // of the mean; five of them
    EXPECT_NEAR(moments[1], 0, 5 * sigma);
    EXPECT_NEAR(moments[2], 1, 5 * std::sqrt(2.0) * sigma);
    EXPECT_NEAR(moments[3], 0, 5 * std::sqrt(15.0) * sigma);
    EXPECT_NEAR(moments[4], 3, 5 * std::sqrt(96.0) * sigma);
    EXPECT_NEAR(neighbours, 0, 5 * sigma);
  }
}

TEST(RandomRightHandSide, DependsOnTheSeed) {
  double product = 0;
  for (int i = 0; i < 100'000; ++i)
    product += standard_normal(1, i) * standard_normal(2, i) / 100'000;
  EXPECT_NEAR(product, 0, 5 / std::sqrt(100'000.0));
}

TEST(RightHandSideOption, NamesAKindASeedOrAFile) {
  EXPECT_EQ(parse_right_hand_side("random").seed, 1U);
  EXPECT_EQ(parse_right_hand_side("random:18446744073709551615").seed, 18446744073709551615U);
  EXPECT_EQ(parse_right_hand_side("ones").kind, RightHandSideChoice::ones);
  EXPECT_EQ(parse_right_hand_side("randomly.mtx").kind, RightHandSideChoice::file);
  EXPECT_THROW(parse_right_hand_side("random:-3"), InputError);
}
