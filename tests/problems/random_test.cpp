#include "problems/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace linnet {
namespace {

TEST(SplitMix64, GivesTheSequencePublishedForSeed1234567) {
  const std::uint64_t expected[] = {6457827717110365317U, 3203168211198807973U, 9817491932198370423U,
                                    4593380528125082431U, 16408922859458223821U};
  std::uint64_t state = 1234567;
  for (const std::uint64_t value : expected)
    EXPECT_EQ(splitmix64_mix(state += splitmix64_step), value);
}

TEST(PortableLog, AgreesWithTheLibraryToAFewUnitsInTheLastPlace) {
  const double epsilon = std::numeric_limits<double>::epsilon();
  double x = 0x1p-60;
  for (int i = 0; i < 6000; ++i, x *= 1.0137)
    EXPECT_NEAR(portable_log(x), std::log(x), 4 * epsilon * std::fabs(std::log(x))) << x;
  EXPECT_EQ(portable_log(1), 0);
}

TEST(SinTurns, AgreesWithTheLibrary) {
  const double two_pi = 6.283185307179586477;
  for (int i = -2000; i < 2000; ++i) {
    const double t = i * 0.00137;
    EXPECT_NEAR(sin_turns(t), std::sin(two_pi * t), 4e-15) << t;
    EXPECT_NEAR(cos_turns(t), std::cos(two_pi * t), 4e-15) << t;
  }
}

TEST(SinTurns, IsExactAtQuarterTurns) {
  EXPECT_EQ(sin_turns(0), 0);
  EXPECT_EQ(sin_turns(0.25), 1);
  EXPECT_EQ(sin_turns(0.5), 0);
  EXPECT_EQ(sin_turns(-0.25), -1);
}

TEST(RandomStream, DrawsNormalNumbers) {
  // mean, variance, fourth moment within five standard errors; the distribution function at four places
  const RandomStream stream(7, Purpose::shape);
  const int n = 200000;
  double mean = 0;
  double second = 0;
  double fourth = 0;
  const double at[] = {-2, -0.5, 0.7, 2.5};
  int below[4] = {};
  for (int i = 0; i < n; ++i) {
    const double x = stream.normal(static_cast<std::uint64_t>(i));
    mean += x / n;
    second += x * x / n;
    fourth += x * x * x * x / n;
    for (int a = 0; a < 4; ++a)
      below[a] += x < at[a];
  }
  EXPECT_NEAR(mean, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(second, 1, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(fourth, 3, 5 * std::sqrt(96.0 / n));
  for (int a = 0; a < 4; ++a)
    EXPECT_NEAR(static_cast<double>(below[a]) / n, 0.5 * std::erfc(-at[a] / std::sqrt(2.0)), 5 * 0.5 / std::sqrt(n));
}

TEST(RandomStream, DiffersBetweenSeedsAndPurposes) {
  const RandomStream stream(1, Purpose::shape);
  EXPECT_NE(stream.bits(0), RandomStream(2, Purpose::shape).bits(0));
  EXPECT_NE(stream.bits(0), RandomStream(1, Purpose::coefficient).bits(0));
  EXPECT_NE(stream.bits(0), stream.bits(1));
}

TEST(RandomSequence, DrawsEveryIntegerOfItsRange) {
  RandomSequence sequence({3, Purpose::shape});
  int count[5] = {};
  for (int i = 0; i < 5000; ++i) {
    const std::int64_t value = sequence.integer(5);
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 5);
    ++count[value];
  }
  for (const int c : count)
    EXPECT_NEAR(c, 1000, 150);
}

} // namespace
} // namespace linnet
