package io.portward.config.validate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Collects every error and warning of one configuration file, to be thrown once.
 *
 * <p>The reader tells where each key path stands with {@link #locate}; rules then report by path alone. A rule's report about a
 * path that is already known to be wrong, itself or above it, is dropped: the value a rule saw there was only a stand-in.
 *
 * <p>Threading: confined to the thread that loads the file.
 */
public final class Problems {

    // Nobody reads further, and a hostile file must not fill the memory with messages.
    private static final int MAX_KEPT = 200;

    private final String file;
    private final Map<String, Position> positions = new HashMap<>();
    private final Set<String> wrongPaths = new HashSet<>();
    private final List<Problem> kept = new ArrayList<>();
    private int errors;
    private int dropped;

    public Problems(String file) {
        this.file = file;
    }

    /** Remembers where the value of {@code path} stands. */
    public void locate(String path, Position position) {
        positions.putIfAbsent(path, position);
    }

    /** Reports an error at a known place; for the reader of the file. */
    public void errorAt(Position position, String path, String message) {
        wrongPaths.add(path);
        errors++;
        keep(Severity.ERROR, position, path, message);
    }

    /** Reports an error about the value at {@code path}, unless the path is known to be wrong already. */
    public void error(String path, String message) {
        if (!isWrong(path)) {
            errorAt(positionOf(path), path, message);
        }
    }

    /** Reports one more error about the value at {@code path}, whatever was reported there before. */
    public void alsoError(String path, String message) {
        errorAt(positionOf(path), path, message);
    }

    /** Reports a warning about the value at {@code path}, unless the path is known to be wrong already. */
    public void warning(String path, String message) {
        if (!isWrong(path)) {
            keep(Severity.WARNING, positionOf(path), path, message);
        }
    }

    /** Reports a {@link Severity#REMARK} about the value at {@code path}, unless the path is known to be wrong already. */
    public void remark(String path, String message) {
        if (!isWrong(path)) {
            keep(Severity.REMARK, positionOf(path), path, message);
        }
    }

    /** Whether an error was reported at {@code path} or at something that contains it. */
    public boolean isWrong(String path) {
        if (wrongPaths.isEmpty()) {
            return false;
        }
        for (String at = path; !at.isEmpty(); at = parent(at)) {
            if (wrongPaths.contains(at)) {
                return true;
            }
        }
        return wrongPaths.contains("");
    }

    /** Whether an error was reported at {@code path}, at something that contains it, or at something in it. */
    public boolean isWrongWithin(String path) {
        return isWrong(path)
                || wrongPaths.stream().anyMatch(wrong -> wrong.startsWith(path + ".") || wrong.startsWith(path + "["));
    }

    public boolean hasErrors() {
        return errors > 0;
    }

    /** Everything reported so far in the order of the file; the last entry counts what did not fit. */
    public List<Problem> all() {
        List<Problem> sorted = new ArrayList<>(kept);
        sorted.sort(Comparator.<Problem>comparingInt(p -> p.position().line())
                .thenComparingInt(p -> p.position().column()));
        if (dropped > 0) {
            Severity severity = hasErrors() ? Severity.ERROR : Severity.WARNING;
            sorted.add(new Problem(severity, file, Position.WHOLE_FILE, "", "and " + dropped + " more problems"));
        }
        return List.copyOf(sorted);
    }

    public List<Problem> errors() {
        return all().stream().filter(p -> p.severity() == Severity.ERROR).toList();
    }

    /** Everything but the errors, remarks included. */
    public List<Problem> warnings() {
        return all().stream().filter(p -> p.severity() != Severity.ERROR).toList();
    }

    /** Throws everything collected if there is at least one error. */
    public void throwIfErrors() throws ConfigurationException {
        if (hasErrors()) {
            throw new ConfigurationException(all());
        }
    }

    private void keep(Severity severity, Position position, String path, String message) {
        if (kept.size() < MAX_KEPT) {
            kept.add(new Problem(severity, file, position, path, message));
        } else {
            dropped++;
        }
    }

    private Position positionOf(String path) {
        for (String at = path; !at.isEmpty(); at = parent(at)) {
            Position position = positions.get(at);
            if (position != null) {
                return position;
            }
        }
        return positions.getOrDefault("", new Position(1, 1));
    }

    private static String parent(String path) {
        int end = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['));
        return end < 0 ? "" : path.substring(0, end);
    }
}
