package io.portward.config.pem;

import java.util.List;
import java.util.stream.Collectors;

/** A certificate and key that cannot be used, with every reason. */
public final class PemException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient List<PemProblem> problems;

    public PemException(List<PemProblem> problems) {
        super(problems.stream().map(PemProblem::message).collect(Collectors.joining("; ")));
        this.problems = List.copyOf(problems);
    }

    /** At least one. */
    public List<PemProblem> problems() {
        return problems;
    }
}
