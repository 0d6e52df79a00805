package io.portward.server.accesslog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portward.config.model.RotateConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {

    private static final RotateConfig NEVER = new RotateConfig(0, null, 1);

    @TempDir
    Path folder;

    private Path path;
    private Instant now = Instant.parse("2026-01-31T23:59:00Z");

    private final Clock clock = new Clock() {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    };

    @BeforeEach
    void name() {
        path = folder.resolve("access.log");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Path aside(int number) {
        return folder.resolve("access.log." + number);
    }

    @Test
    void appendsToWhatIsThereAndShowsItToTheGroupOnly() throws IOException {
        try (LogFile file = LogFile.open(path, NEVER, clock)) {
            file.write(bytes("one\n"));
        }
        try (LogFile file = LogFile.open(path, NEVER, clock)) {
            file.write(bytes("two\n"));
        }

        assertThat(path).hasContent("one\ntwo\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .endsWith("---")
                .doesNotContain("x");
    }

    @Test
    void putsTheFileAsideBeforeItGrowsTooLargeAndKeepsSoMany() throws IOException {
        try (LogFile file = LogFile.open(path, new RotateConfig(10, null, 2), clock)) {
            for (String line : "11111\n 22222\n 33333\n 44444\n".split(" ")) {
                file.write(bytes(line));
            }
        }

        assertThat(path).hasContent("44444\n");
        assertThat(aside(1)).hasContent("33333\n");
        assertThat(aside(2)).hasContent("22222\n");
        assertThat(folder.toFile().list()).hasSize(3);
    }

    @Test
    void countsWhatWasThereBeforeTheStart() throws IOException {
        Files.writeString(path, "12345678\n");
        try (LogFile file = LogFile.open(path, new RotateConfig(10, null, 2), clock)) {
            file.write(bytes("new\n"));
        }

        assertThat(path).hasContent("new\n");
        assertThat(aside(1)).hasContent("12345678\n");
    }

    @Test
    void beginsAnewAtMidnight() throws IOException {
        try (LogFile file = LogFile.open(path, new RotateConfig(0, Duration.ofDays(1), 2), clock)) {
            file.write(bytes("january\n"));
            now = now.plus(Duration.ofMinutes(1));
            file.write(bytes("february\n"));
            file.write(bytes("february\n"));
        }

        assertThat(path).hasContent("february\nfebruary\n");
        assertThat(aside(1)).hasContent("january\n");
    }

    @Test
    void putsAsideWhatIsLeftOfYesterday() throws IOException {
        Files.writeString(path, "yesterday\n");
        Files.setLastModifiedTime(path, FileTime.from(now.minus(Duration.ofDays(1))));
        try (LogFile file = LogFile.open(path, new RotateConfig(0, Duration.ofDays(1), 2), clock)) {
            file.write(bytes("today\n"));
        }

        assertThat(path).hasContent("today\n");
        assertThat(aside(1)).hasContent("yesterday\n");
    }

    @Test
    void followsLogrotateThatRenamesAndCreates() throws IOException {
        try (LogFile file = LogFile.open(path, NEVER, clock)) {
            file.write(bytes("one\n"));
            Files.move(path, aside(1));
            file.write(bytes("two\n"));
            Files.createFile(path);
            file.tick();
            file.write(bytes("three\n"));
            Files.delete(path);
            file.tick();
            file.write(bytes("four\n"));
        }

        assertThat(aside(1)).hasContent("one\ntwo\n");
        assertThat(path).hasContent("four\n");
    }

    @Test
    void followsLogrotateThatCopiesAndTruncates() throws IOException {
        try (LogFile file = LogFile.open(path, new RotateConfig(10, null, 2), clock)) {
            file.write(bytes("12345678\n"));
            Files.write(path, new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
            file.tick();
            file.write(bytes("abcdefgh\n"));
        }

        assertThat(path).hasContent("abcdefgh\n");
        assertThat(aside(1)).doesNotExist();
    }

    @Test
    void goesOnInTheOpenFileWhenThereIsNoPlaceForANewOne() throws IOException {
        Path deep = Files.createDirectory(folder.resolve("deep"));
        Path moved = folder.resolve("moved");
        try (LogFile file = LogFile.open(deep.resolve("access.log"), new RotateConfig(10, null, 2), clock)) {
            file.write(bytes("12345678\n"));
            Files.move(deep, moved);
            file.write(bytes("abcdefgh\n"));
            assertThatThrownBy(file::tick).isInstanceOf(NoSuchFileException.class);
            Files.move(moved, deep);
            file.tick();
            now = now.plus(Duration.ofMinutes(2));
            file.write(bytes("ABCDEFGH\n"));
        }

        assertThat(deep.resolve("access.log.1")).hasContent("12345678\nabcdefgh\n");
        assertThat(deep.resolve("access.log")).hasContent("ABCDEFGH\n");
    }

    @Test
    void tellsThatTheDiskIsFull() throws IOException {
        try (LogFile file = LogFile.open(Path.of("/dev/full"), new RotateConfig(10, null, 2), clock)) {
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> file.write(bytes("12345678\n")))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("No space left");
                file.tick();
            }
        }
    }
}
