package io.portward.config.yaml;

import io.portward.config.model.Configuration;
import io.portward.config.validate.Problem;
import io.portward.config.validate.Severity;
import java.util.List;

/**
 * A configuration that can be used.
 *
 * @param warnings what may be meant, in the order of the file
 */
public record LoadedConfig(Configuration configuration, List<Problem> warnings) {

    public LoadedConfig {
        warnings = List.copyOf(warnings);
    }

    /** Those that are worth saying at each start; the others are left to {@code portward check}. */
    public List<Problem> warningsAtStart() {
        return warnings.stream()
                .filter(warning -> warning.severity() == Severity.WARNING)
                .toList();
    }
}
