package io.portward.server.accesslog;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.core.observe.AccessRecord;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CombinedLinesTest {

    /** What programs that read such logs look for. */
    private static final Pattern LINE = Pattern.compile("(\\S+) - - \\[(\\d\\d/\\w{3}/\\d{4}(?::\\d\\d){3} \\+0000)] "
            + "\"((?:[^\"\\\\]|\\\\.)*)\" (\\d{3}) (\\d+) \"((?:[^\"\\\\]|\\\\.)*)\" \"((?:[^\"\\\\]|\\\\.)*)\"\n");

    private static String line(AccessRecord record, boolean query) {
        StringBuilder out = new StringBuilder();
        assertThat(new CombinedLines(query).append(out, record)).isTrue();
        assertThat(out).matches(LINE);
        return out.toString();
    }

    @Test
    void tellsARequest() {
        AccessRecord.Request request = Records.request(
                new AccessRecord.Target("www.example.com", "/a", "?secret"), "https://r.test/x?secret", "Mozilla/5.0");

        assertThat(line(request, false))
                .isEqualTo("192.0.2.7 - - [14/Nov/2023:22:13:20 +0000] \"GET /a HTTP/2.0\" 200 1234"
                        + " \"https://r.test/x\" \"Mozilla/5.0\"\n");
        assertThat(line(request, true)).contains("\"GET /a?secret HTTP/2.0\"", "\"https://r.test/x?secret\"");
    }

    @Test
    void writesADashForWhatIsNotThere() {
        assertThat(line(Records.request(null, null, ""), false)).endsWith(" \"-\" 200 1234 \"-\" \"-\"\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"", "\\", "\\\"", "\n", "\r\n127.0.0.1 - - []", "\u0000\u001b]0;x\u0007", "\u007f\u0085"})
    void keepsOneLineAndItsFieldsWhateverIsSent(String hostile) {
        String text = line(Records.request(new AccessRecord.Target("h", "/" + hostile, ""), hostile, hostile), true);

        assertThat(text.chars().allMatch(c -> c == '\n' || (c >= ' ' && c < 0x7f)))
                .isTrue();
    }

    @Test
    void writesTheBytesOfWhatIsNotAscii() {
        assertThat(line(Records.get("/\u00e9\u65e5"), false)).contains("/\\xe9\\xe6\\x97\\xa5 HTTP");
    }

    @Test
    void hasNoLinesForAnythingElse() {
        StringBuilder out = new StringBuilder();
        CombinedLines format = new CombinedLines(true);

        assertThat(format.append(out, Records.tcp())).isFalse();
        assertThat(format.append(out, Records.failure(""))).isFalse();
        assertThat(format.appendLeftOut(out, 0, "443", 1)).isFalse();
        assertThat(out).isEmpty();
    }
}
