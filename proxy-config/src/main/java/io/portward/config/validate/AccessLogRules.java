package io.portward.config.validate;

import io.portward.config.model.AccessLogConfig;
import io.portward.config.model.Configuration;
import io.portward.config.model.PortConfig;
import io.portward.config.model.RotateConfig;
import java.nio.file.Files;
import java.nio.file.Path;

/** The rules for the access log. */
public final class AccessLogRules {

    private AccessLogRules() {}

    /** What the configuration alone tells. */
    static void check(Configuration configuration, Problems problems) {
        AccessLogConfig log = configuration.accessLog();
        if (log == null) {
            checkPortsWithoutLog(configuration, problems);
            return;
        }
        long size = log.rotate().size();
        if (size > 0 && size < RotateConfig.MIN_SIZE && !problems.isWrong("accessLog.rotate.size")) {
            problems.error("accessLog.rotate.size", "too small (expected: 64KiB or more, or 0B for any size)");
        }
        if (log.file() == null && !log.rotate().equals(RotateConfig.DEFAULT) && !problems.isWrongWithin("accessLog")) {
            problems.error("accessLog.rotate", "stdout cannot be rotated; name a 'file'");
        }
        if (log.format() == AccessLogConfig.Format.COMBINED && !problems.isWrong("accessLog.format")) {
            checkCombined(configuration, problems);
        }
    }

    private static void checkPortsWithoutLog(Configuration configuration, Problems problems) {
        for (int i = 0; i < configuration.ports().size(); i++) {
            if (!configuration.ports().get(i).accessLog() && !problems.isWrong("accessLog")) {
                problems.remark("ports[" + i + "].accessLog", "the file has no 'accessLog' that could be switched off");
            }
        }
    }

    private static void checkCombined(Configuration configuration, Problems problems) {
        boolean silent = configuration.ports().stream()
                .filter(PortConfig::accessLog)
                .anyMatch(port -> port.protocol().isTcp());
        if (silent) {
            problems.remark("accessLog.format", "combined has no lines for TCP ports and failed handshakes; json has");
        }
    }

    /** What the file system tells. */
    public static void checkFile(Configuration configuration, Problems problems) {
        AccessLogConfig log = configuration.accessLog();
        Path file = log == null ? null : log.file();
        if (file == null || problems.isWrong("accessLog.file")) {
            return;
        }
        Path directory = file.getParent();
        if (Files.isDirectory(file)) {
            problems.error("accessLog.file", "'" + file + "' is a directory");
        } else if (directory == null || !Files.isDirectory(directory)) {
            problems.error("accessLog.file", "there is no directory '" + directory + "'");
        } else if (Files.exists(file) ? !Files.isWritable(file) : !Files.isWritable(directory)) {
            problems.error(
                    "accessLog.file",
                    "'" + file + "' cannot be written by this user; change the owner of "
                            + (Files.exists(file) ? "the file" : "its directory"));
        }
    }
}
