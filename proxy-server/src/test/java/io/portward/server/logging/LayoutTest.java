package io.portward.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

class LayoutTest {

    private final LoggerContext context = new LoggerContext();

    @Test
    void writesTextAsTimeLevelShortLoggerMessage() {
        assertThat(new TextLayout().doLayout(event(Level.INFO, "ready", null)))
                .isEqualTo("2026-01-31T09:30:00.000Z INFO  Reader: ready\n");
        assertThat(new TextLayout().doLayout(event(Level.ERROR, "oops", null)))
                .isEqualTo("2026-01-31T09:30:00.000Z ERROR Reader: oops\n");
    }

    @Test
    void letsNoMessageStartALineOfItsOwn() {
        String line = new TextLayout().doLayout(event(Level.INFO, "GET /\r\n2026 ERROR forged \u001b[2J", null));

        assertThat(line)
                .endsWith("GET /\\u000d\\u000a2026 ERROR forged \\u001b[2J\n")
                .hasLineCount(1);
    }

    @Test
    void writesJsonThatReadsBackAsWhatWasLogged() {
        String message = "quote \" backslash \\ newline \n return \r tab \t nul \u0000 del \u007f csi \u009b é 😀 }{";
        String line = new JsonLayout().doLayout(event(Level.WARN, message, null));

        assertThat(line).endsWith("}\n").hasLineCount(1);
        Map<String, Object> object = new Yaml().load(line);
        assertThat(object)
                .containsEntry("level", "WARN")
                .containsEntry("logger", "io.portward.test.Reader")
                .containsEntry("message", message)
                .containsEntry("thread", "a \"thread\"")
                .containsOnlyKeys("time", "level", "logger", "thread", "message");
        assertThat(line).startsWith("{\"time\":\"2026-01-31T09:30:00.000Z\",");
    }

    @Test
    void escapesHalfACharacter() {
        assertThat(JsonText.quote("a\ud800b")).isEqualTo("\"a\\ud800b\"");
        assertThat(JsonText.quote("\udc00")).isEqualTo("\"\\udc00\"");
        assertThat(JsonText.quote("\u0085\u202e\u2028")).isEqualTo("\"\\u0085\\u202e\\u2028\"");
        assertThat(JsonText.quote("\ud83d\ude00")).isEqualTo("\"\ud83d\ude00\"");
    }

    @Test
    void keepsAStackTraceInsideTheJsonObject() {
        String line =
                new JsonLayout().doLayout(event(Level.ERROR, "oops", new IllegalStateException("inner \"quote\"")));

        assertThat(line).hasLineCount(1);
        Map<String, Object> object = new Yaml().load(line);
        assertThat(object.get("error").toString())
                .startsWith("java.lang.IllegalStateException: inner \"quote\"")
                .contains("\tat " + LayoutTest.class.getName());
    }

    private LoggingEvent event(Level level, String message, @Nullable Throwable error) {
        LoggingEvent event =
                new LoggingEvent("", context.getLogger("io.portward.test.Reader"), level, message, error, null);
        event.setInstant(Instant.parse("2026-01-31T09:30:00Z"));
        event.setThreadName("a \"thread\"");
        return event;
    }
}
