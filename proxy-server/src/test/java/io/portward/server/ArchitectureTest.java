package io.portward.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A package uses only packages of lower levels; a breach here is the first step into a knot. */
class ArchitectureTest {

    private static final String ROOT = "io.portward.server";

    /** Levels 20 to 23 of the design, lowest first. */
    private static final List<List<String>> LEVELS = List.of(
            List.of(ROOT + ".metrics", ROOT + ".logging"),
            List.of(ROOT + ".admin", ROOT + ".demo", ROOT + ".accesslog"),
            List.of(ROOT));

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void packagesUseOnlyLowerLevels() {
        for (int level = 0; level < LEVELS.size(); level++) {
            for (String user : LEVELS.get(level)) {
                String[] forbidden = LEVELS.subList(level, LEVELS.size()).stream()
                        .flatMap(List::stream)
                        .filter(other -> !other.equals(user))
                        .toArray(String[]::new);
                if (forbidden.length > 0) {
                    noClasses()
                            .that()
                            .resideInAPackage(user)
                            .should()
                            .dependOnClassesThat()
                            .resideInAnyPackage(forbidden)
                            .check(classes);
                }
            }
        }
    }

    @Test
    void everyPackageHasALevel() {
        noClasses()
                .should()
                .resideOutsideOfPackages(LEVELS.stream().flatMap(List::stream).toArray(String[]::new))
                .check(classes);
    }

    @Test
    void packagesAreFreeOfCycles() {
        slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(classes);
    }

    @Test
    void signalsAreHandledInTheRootPackageOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("sun.misc..")
                .check(classes);
    }

    @Test
    void onlyMetricsKnowTheMetricsLibrary() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".metrics")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.micrometer..", "io.prometheus..")
                .check(classes);
    }
}
