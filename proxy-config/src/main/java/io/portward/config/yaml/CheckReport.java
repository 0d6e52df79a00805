package io.portward.config.yaml;

import io.portward.config.validate.Problem;
import io.portward.config.validate.Severity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code portward check} found.
 *
 * @param problems errors and warnings in the order of the file
 */
public record CheckReport(String file, List<Problem> problems) {

    public CheckReport {
        problems = List.copyOf(problems);
    }

    public long errorCount() {
        return problems.stream().filter(p -> p.severity() == Severity.ERROR).count();
    }

    public long warningCount() {
        return problems.size() - errorCount();
    }

    /** @param strict whether warnings fail too */
    public boolean passes(boolean strict) {
        return strict ? problems.isEmpty() : errorCount() == 0;
    }

    /** One line per problem and a last line that sums up. */
    public String text() {
        StringBuilder out = new StringBuilder();
        problems.forEach(problem -> out.append(problem).append('\n'));
        out.append(file).append(": ").append(errorCount() == 0 ? "ok" : "not usable");
        if (!problems.isEmpty()) {
            out.append(", ").append(count(errorCount(), "error")).append(", ").append(count(warningCount(), "warning"));
        }
        return out.append('\n').toString();
    }

    /** The same for programs. */
    public String json(boolean strict) {
        List<Object> list = new ArrayList<>();
        for (Problem problem : problems) {
            Map<String, Object> item = new LinkedHashMap<>();
            item.put("severity", problem.severity().text());
            item.put("file", problem.file());
            item.put("line", problem.position().line());
            item.put("column", problem.position().column());
            item.put("path", problem.path());
            item.put("message", problem.message());
            list.add(item);
        }
        return JsonWriter.write(Scalars.ordered(
                "file", file,
                "ok", passes(strict),
                "errors", errorCount(),
                "warnings", warningCount(),
                "problems", list));
    }

    private static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
