package io.ironclaw.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class SparseDigestTest {
  @TempDir Path dir;

  private Path file(long size, long... at) throws Exception {
    Path file = Files.createTempFile(dir, "sparse", "");
    try (var random = new RandomAccessFile(file.toFile(), "rw")) {
      random.setLength(size);
      for (long place : at) {
        random.seek(place);
        random.write(7);
      }
    }
    return file;
  }

  @Test
  void a_terabyte_of_holes_takes_no_time_and_its_data_counts_with_its_place() throws Exception {
    long tera = 1L << 40;
    var one = SparseDigest.of(file(tera, 5_000_000, tera - 1));
    assertThat(SparseDigest.of(file(tera, 5_000_000, tera - 1))).isEqualTo(one);
    assertThat(SparseDigest.of(file(tera, 5_000_001, tera - 1))).isNotEqualTo(one);
    assertThat(SparseDigest.of(file(tera, 5_000_000))).isNotEqualTo(one);
    assertThat(SparseDigest.of(file(tera - 1, 5_000_000))).isNotEqualTo(one);
  }

  @Test
  void a_file_whose_holes_were_filled_has_the_same_digest() throws Exception {
    Path sparse = file(10_000_001, 123_456, 9_999_999);
    Path dense = dir.resolve("dense");
    Files.write(dense, Files.readAllBytes(sparse));
    assertThat(SparseDigest.of(dense)).isEqualTo(SparseDigest.of(sparse));
  }
}
