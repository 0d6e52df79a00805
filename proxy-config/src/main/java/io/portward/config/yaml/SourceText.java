package io.portward.config.yaml;

import io.portward.config.validate.Position;
import io.portward.config.validate.Problems;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.reader.StreamReader;

/** Turns a file into text, refusing whatever cannot be a configuration. */
final class SourceText {

    /** 50,000 certificate entries fit into 6 MB; more is a mistake. */
    static final int MAX_BYTES = 8 * 1024 * 1024;

    /**
     * The longest run of characters without white space. SnakeYAML 2.7 copies its look-ahead again and again until a word ends, so
     * that the time grows with the square of the length.
     */
    private static final int MAX_RUN = 64 * 1024;

    private static final char BYTE_ORDER_MARK = '\uFEFF';
    private static final int UTF_16_BIG_ENDIAN = 0xfeff;
    private static final int UTF_16_LITTLE_ENDIAN = 0xfffe;

    private SourceText() {}

    /** The text of {@code file} without its byte order mark, or null after reporting why there is none. */
    static @Nullable String read(Path file, Problems problems) {
        try {
            if (Files.isDirectory(file)) {
                return fail(problems, "is a directory, not a file");
            }
            byte[] bytes;
            try (InputStream in = Files.newInputStream(file)) {
                bytes = in.readNBytes(MAX_BYTES + 1);
            }
            return bytes.length > MAX_BYTES
                    ? fail(
                            problems,
                            "is larger than " + Sizes.format(MAX_BYTES) + ", the most a configuration may have")
                    : decode(bytes, problems);
        } catch (NoSuchFileException e) {
            return fail(problems, "no such file");
        } catch (AccessDeniedException e) {
            return fail(problems, "permission denied");
        } catch (IOException e) {
            return fail(problems, "cannot be read: " + e.getMessage());
        }
    }

    static @Nullable String decode(byte[] bytes, Problems problems) {
        int start = bytes.length < 2 ? 0 : ((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff);
        if (start == UTF_16_BIG_ENDIAN || start == UTF_16_LITTLE_ENDIAN) {
            return fail(problems, "is encoded in UTF-16; save it as UTF-8");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length + 1);
        CoderResult result = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)
                .decode(in, out, true);
        String text = out.flip().toString();
        if (text.indexOf(BYTE_ORDER_MARK) == 0) {
            text = text.substring(1);
        }
        int unprintable = firstUnprintable(text);
        if (unprintable >= 0) {
            int codePoint = text.codePointAt(unprintable);
            problems.errorAt(
                    positionAt(text, unprintable),
                    "",
                    String.format(Locale.ROOT, "is not a text file: it holds the character U+%04X", codePoint));
            return null;
        }
        int run = longRun(text);
        if (run >= 0) {
            problems.errorAt(
                    positionAt(text, run), "", "more than " + MAX_RUN + " characters without a space follow here");
            return null;
        }
        if (result.isError()) {
            problems.errorAt(
                    positionAt(text, text.length()),
                    "",
                    String.format(Locale.ROOT, "is not UTF-8: byte 0x%02x cannot stand here", bytes[in.position()]));
            return null;
        }
        return text;
    }

    private static int firstUnprintable(String text) {
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            if (!StreamReader.isPrintable(codePoint)) {
                return i;
            }
            i += Character.charCount(codePoint);
        }
        return -1;
    }

    /** Where a run of more than {@link #MAX_RUN} characters begins, or -1. */
    private static int longRun(String text) {
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
                start = i + 1;
            } else if (i - start >= MAX_RUN) {
                return start;
            }
        }
        return -1;
    }

    private static Position positionAt(String text, int index) {
        int line = 1;
        int lineStart = 0;
        for (int i = 0; i < index; i++) {
            if (text.charAt(i) == '\n') {
                line++;
                lineStart = i + 1;
            }
        }
        return new Position(line, text.codePointCount(lineStart, index) + 1);
    }

    private static @Nullable String fail(Problems problems, String message) {
        problems.errorAt(Position.WHOLE_FILE, "", message);
        return null;
    }
}
