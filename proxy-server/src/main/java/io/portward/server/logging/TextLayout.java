package io.portward.server.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * {@code 2026-01-31T09:30:00.123Z INFO  DataPlane: message}, times in UTC.
 *
 * <p>Control characters in the message become escapes, so that nothing a stranger sent starts a line of its own or drives the terminal. A
 * stack trace, which only faults of our own carry, follows on lines of its own.
 */
public final class TextLayout extends LayoutBase<ILoggingEvent> {

    @Override
    public String doLayout(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(160);
        line.append(time(event)).append(' ');
        String level = event.getLevel().toString();
        line.append(level);
        line.append(" ".repeat(Math.max(1, 6 - level.length())));
        String logger = event.getLoggerName();
        line.append(logger, logger.lastIndexOf('.') + 1, logger.length()).append(": ");
        appendEscaped(line, event.getFormattedMessage());
        line.append('\n');
        IThrowableProxy error = event.getThrowableProxy();
        if (error != null) {
            line.append(ThrowableProxyUtil.asString(error));
        }
        return line.toString();
    }

    /** Milliseconds always, three digits, so that lines align. */
    static String time(ILoggingEvent event) {
        String text = Instant.ofEpochMilli(event.getTimeStamp())
                .truncatedTo(ChronoUnit.MILLIS)
                .toString();
        return text.length() == "2026-01-31T09:30:00Z".length() ? text.replace("Z", ".000Z") : text;
    }

    private static void appendEscaped(StringBuilder line, String message) {
        for (int i = 0; i < message.length(); i++) {
            char c = message.charAt(i);
            if (Character.isISOControl(c) && c != '\t') {
                line.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                line.append(c);
            }
        }
    }
}
