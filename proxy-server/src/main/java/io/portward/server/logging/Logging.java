package io.portward.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import io.portward.config.model.LogConfig;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts level and format of the log into effect. Threading: for the thread that starts the process. */
public final class Logging {

    private static final String APPENDER = "STDERR";

    private Logging() {}

    /** What {@code logback.xml} set up for the time before a configuration is read is changed in place. */
    public static void apply(LogConfig config) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return;
        }
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(level(config.level()));
        Appender<ILoggingEvent> appender = root.getAppender(APPENDER);
        if (appender instanceof ConsoleAppender<ILoggingEvent> console) {
            LayoutBase<ILoggingEvent> layout =
                    config.format() == LogConfig.Format.JSON ? new JsonLayout() : new TextLayout();
            layout.setContext(context);
            layout.start();
            LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
            encoder.setContext(context);
            encoder.setCharset(StandardCharsets.UTF_8);
            encoder.setLayout(layout);
            encoder.start();
            console.setEncoder(encoder);
        }
    }

    private static Level level(LogConfig.Level level) {
        return switch (level) {
            case TRACE -> Level.TRACE;
            case DEBUG -> Level.DEBUG;
            case INFO -> Level.INFO;
            case WARN -> Level.WARN;
            case ERROR -> Level.ERROR;
        };
    }
}
