-- The moment at which everything is answered: the one asked for, or the cut-off of the release, which none goes past.
select coalesce(least(entrepot.instant(), arrete.arrete_le), arrete.arrete_le) as instant
from {{ ref('arrete') }} as arrete
