package io.portward.server.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;

/**
 * One JSON object a line: {@code time} (UTC), {@code level}, {@code logger}, {@code thread}, {@code message}, and {@code error} with the
 * stack trace of a fault of our own.
 */
public final class JsonLayout extends LayoutBase<ILoggingEvent> {

    @Override
    public String doLayout(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(256);
        line.append("{\"time\":\"").append(TextLayout.time(event));
        line.append("\",\"level\":\"").append(event.getLevel()).append("\",\"logger\":");
        JsonText.append(line, event.getLoggerName());
        line.append(",\"thread\":");
        JsonText.append(line, event.getThreadName());
        line.append(",\"message\":");
        JsonText.append(line, event.getFormattedMessage());
        IThrowableProxy error = event.getThrowableProxy();
        if (error != null) {
            line.append(",\"error\":");
            JsonText.append(line, ThrowableProxyUtil.asString(error));
        }
        return line.append("}\n").toString();
    }
}
