-- The moment at which everything is answered: the one asked for, or the cut-off of the release, which none goes past.
select
    case when {{ passe_demande() }} then least(entrepot.instant(), arrete.arrete_le) else arrete.arrete_le end
        as instant
from {{ ref('arrete') }} as arrete
