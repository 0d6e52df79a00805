package io.portward.core.http2;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** Collects what is logged at WARN or above, or above DEBUG with a trace. */
final class LogCapture extends AppenderBase<ILoggingEvent> {

    private final List<String> found = new CopyOnWriteArrayList<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Level before = root.getLevel();

    static LogCapture attach() {
        LogCapture capture = new LogCapture();
        capture.setContext(capture.root.getLoggerContext());
        capture.start();
        capture.root.setLevel(Level.INFO);
        capture.root.addAppender(capture);
        return capture;
    }

    List<String> finish() {
        root.detachAppender(this);
        root.setLevel(before);
        return found;
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getLevel().isGreaterOrEqual(Level.WARN) || event.getThrowableProxy() != null) {
            found.add(event.getLevel() + " " + event.getLoggerName() + " " + event.getFormattedMessage());
        }
    }
}
