-- The release that readers see, or the one that the warehouse asks for while it builds or compares releases.
select
    parutions.parution_id,
    coalesce(parutions.arretee_le, parutions.commencee_le) as arrete_le
from {{ source('entrepot', 'parution') }} as parutions
where
    parutions.parution_id = coalesce(
        case when btrim(current_setting('entrepot.parution', true)) <> '' then entrepot.parution_demandee() end,
        (select montrees.parution_id from {{ source('entrepot', 'parution_montree') }} as montrees)
    )
