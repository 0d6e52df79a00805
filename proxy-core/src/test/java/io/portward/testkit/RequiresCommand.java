package io.portward.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs a test only where every named program is installed: on the search path or in a system directory.
 *
 * <p>Elsewhere the test is skipped with a message that names what is missing, except under {@code CI=true}, where
 * nothing may be left out and the test fails instead. A program belongs into {@code .ci/packages.txt} too.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiredCommands.class)
public @interface RequiresCommand {

    /** Names of programs, such as {@code nginx}. */
    String[] value();

    /** Names of modules that Debian packages for its own Python, {@code /usr/bin/python3}; another one on the search path does not see them. */
    String[] pythonModules() default {};
}
