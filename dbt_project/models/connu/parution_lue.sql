-- The release that readers see; none, for who asks for a past moment.
select case when {{ passe_demande() }} then {{ jamais() }} else arrete.parution_id end as parution_id
from {{ ref('arrete') }} as arrete
