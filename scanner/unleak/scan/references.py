"""What stands in the place of a secret and says where it comes from."""

import re

REFERENCE = re.compile(
    r"""(?x)
    ^ (?:
        \$ [({]? [A-Za-z_(] .* | \$\$ .* | .* \$ \{ [^}]* \} .* | .* \{\{ .* | .* \}\} .* | \# \{ .*
      | .* <% .* | .* %> .* | .* \#\{ .* \} .*
      | % [A-Za-z_]\w* % | %\(? \w* \)? [sd] | .* %s .* | @ [\w.]+ @ | __ \w+ __
      | < .* > | \[ .* \] | \{ .* \} | \* + | \.{3} .* | .* \.{3}
      | (?:env|ENV) [.:\[(] .* | process\.env\b .* | os\.(?:environ|getenv)\b .* | getenv\b .*
      | import\.meta\b .*
      | (?:secrets|vars?|local|data|module|each|self|this|config|settings|params|args|options|ctx|[vV]alues)
        [.\[] [\w.\[\]'"]+
      | (?:vault|ssm|arn|op|gopass|keyring|aws-sm|file|env|doppler|infisical|ref)\+? : .*
      | !\w+ .*
    ) $"""
)
"""Names of where the value is kept, templates and masks."""
