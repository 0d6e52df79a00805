/**
 * The configuration file: YAML text to records and back, its JSON Schema.
 *
 * <p>Entry points: {@link io.portward.config.yaml.ConfigLoader}, {@link io.portward.config.yaml.ConfigCheck},
 * {@link io.portward.config.yaml.ConfigYamlWriter}, {@link io.portward.config.yaml.ConfigSchema},
 * {@link io.portward.config.yaml.ConfigReference}. All five work from one description of the file, the
 * {@link io.portward.config.yaml.Section}s and {@link io.portward.config.yaml.Key}s in the {@code …Keys} classes: name, type, default,
 * bounds and a line of documentation stand there once. Reading keeps to the node tree of SnakeYAML, never to its object construction:
 * a tag in the file cannot name a class.
 *
 * <p>Threading: the descriptions are immutable; one load runs on one thread.
 */
@NullMarked
package io.portward.config.yaml;

import org.jspecify.annotations.NullMarked;
