// What a file is, is told by its content; gzip is seen through.
#include "files/read.hpp"
#include "files/support.hpp"

#include <sys/stat.h>
#include <thread>

namespace linnet::test {

const std::string eye = "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n2 2 1\n";

TEST(ReadMatrix, SeesThroughGzipWhateverTheName) {
  const Folder folder;
  expect_same(read_matrix(folder.file("eye.petsc", gzip_member(eye))), matrix_of(eye));
}

TEST(ReadMatrix, SeesThroughGzipOfManyMembers) {
  std::string packed;
  for (const char c : eye)
    packed += gzip_member({&c, 1}) + gzip_member("");
  expect_same(matrix_of(packed), matrix_of(eye));
}

TEST(ReadMatrix, ReadsAPipe) {
  const Folder folder;
  const std::string pipe = folder.file("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe) << eye; });
  expect_same(read_matrix(pipe), matrix_of(eye));
  writer.join();
}

TEST(ReadMatrix, RefusesATruncatedGzipStream) {
  std::string text = eye;
  for (int i = 0; i < 2000; ++i)
    text += "% " + std::to_string(i * 7919 % 1000) + "\n";
  const std::string packed = gzip_member(text);
  for (const std::size_t size : {std::size_t{2}, std::size_t{12}, packed.size() / 2, packed.size() - 1})
    EXPECT_EQ(matrix_refusal(packed.substr(0, size)),
              "A.mtx:byte " + std::to_string(size) +
                  ": expected more of a gzip stream, found the end of the file (truncated)");
}

TEST(ReadMatrix, RefusesACorruptGzipStream) {
  std::string packed = gzip_member(eye);
  packed[packed.size() - 8] ^= 1; // of the CRC
  EXPECT_NE(matrix_refusal(packed).find("expected a gzip stream, found corrupt data (incorrect data check)"),
            std::string::npos);
  EXPECT_EQ(matrix_refusal(std::string("\x1f\x8b\xff\xff") + eye).substr(0, 11), "A.mtx:byte ");
}

TEST(ReadMatrix, RefusesWhatFollowsAGzipStream) {
  const std::string packed = gzip_member(eye);
  EXPECT_EQ(matrix_refusal(packed + "tail"), "A.mtx:byte " + std::to_string(packed.size()) +
                                                 ": expected a gzip member or the end of the file, found \"tail\"");
}

TEST(ReadMatrix, NamesTheLineWithinAGzipStream) {
  EXPECT_EQ(matrix_refusal(gzip_member("%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n2 3 1\n")),
            "A.mtx:4: expected a column index from 1 to 2, found \"3\"");
}

TEST(ReadMatrix, RefusesContentItDoesNotKnow) {
  const std::string expected =
      "expected a Matrix Market file (\"%%MatrixMarket ...\") or a PETSc binary file, gzip-compressed or not, found ";
  EXPECT_EQ(matrix_refusal(""), "A.mtx:1: " + expected + "an empty file");
  EXPECT_EQ(matrix_refusal(gzip_member("")), "A.mtx:1: " + expected + "an empty file");
  EXPECT_EQ(matrix_refusal("3 3 3\n"), "A.mtx:1: " + expected + "\"3 3 3\\x0a\"");
  EXPECT_EQ(matrix_refusal("\x89HDF\r\n\x1a\n"), "A.mtx:byte 0: " + expected + "\"\\x89HDF\\x0d\\x0a\\x1a\\x0a\"");
  EXPECT_EQ(matrix_refusal(gzip_member(gzip_member(eye))).substr(0, 12 + expected.size()),
            "A.mtx:byte 0: " + expected.substr(0, expected.size() - 2));
}

TEST(ReadMatrix, RefusesFilesItCannotOpen) {
  const Folder folder;
  EXPECT_EQ(refusal([&] { read_matrix(folder.file("none.mtx")); }),
            folder.file("none.mtx") + ": expected a readable file, found: No such file or directory");
  EXPECT_EQ(refusal([&] { read_vector(folder.file("")); }), folder.file("") + ": expected a file, found a directory");
  EXPECT_EQ(refusal([&] { read_cells(folder.file("eye.mtx", eye) + "/x"); }),
            folder.file("eye.mtx/x") + ": expected a readable file, found: Not a directory");
}

} // namespace linnet::test
